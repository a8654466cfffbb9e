import type { SessionShape, Work, WorkReplies } from '../worker/protocol.js';
import type { Holder, Lane } from './fair-queue.js';

/** One piece of work on its way through a pool. */
export interface Task {
  lane: Lane<Task>;
  /** Called again for a retry, since the pixels have left with the first request. */
  makeWork(worker: Holder): Work;
  resolve(reply: WorkReplies[Work['type']]): void;
  reject(error: unknown): void;
  /** Hears how far a slow tile is, in (0, 1). */
  progress?(done: number): void;
}

/** Where the tiles of one model are run. */
export interface TilePool {
  /**
   * Lets the tasks of a lane take part.
   *
   * @throws the reason when the pool is gone.
   */
  add(lane: Lane<Task>): void;
  /** Forgets a lane: its waiting tasks at once, its running ones before long. */
  remove(lane: Lane<Task>): void;
  /** A lane has work again. */
  pump(): void;
  /** Starts every worker that has nothing to do, and prepares it for a shape. */
  prepareAll(shape: SessionShape): Promise<void>;
  /** Starts no more tasks until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Hardly anybody will ask it for more: workers may forget it. */
  retire?(): void;
  /** Ends its lanes with `reason`; nobody asks it for more. */
  close(reason: unknown): Promise<void>;
}
