import { TesseraError } from '../errors.js';
import type { Lane } from '../pool/fair-queue.js';
import type { Task, TilePool } from '../pool/tile-pool.js';
import type { Work, WorkReplies } from '../worker/protocol.js';

/** A client's run, as the pool of the upscaler sees it: its tasks come one by one. */
export class ClientLane implements Lane<Task> {
  readonly priority: number;
  readonly #pool: TilePool;
  #waiting: Task[] = [];
  #closed: { reason: unknown } | undefined;

  /** @throws the reason when the pool is gone. */
  constructor(pool: TilePool, priority: number) {
    this.#pool = pool;
    this.priority = priority;
    pool.add(this);
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Does one piece of work. */
  run(work: Work, progress: (done: number) => void): Promise<WorkReplies[Work['type']]> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) throw this.#closed.reason;
      const makeWork = () => forWorker(work);
      this.#waiting.push({ lane: this, makeWork, resolve, reject, progress });
      this.#pool.pump();
    });
  }

  take(): Task | undefined {
    return this.#waiting.shift();
  }

  cancel(
    reason: unknown = new TesseraError('ERR_CANCELLED', 'the client wants it no longer'),
  ): void {
    this.#closed ??= { reason };
    for (const { reject } of this.#waiting) reject(reason);
    this.#waiting = [];
    this.#pool.remove(this);
  }
}

/** Pixels leave with each request; if the worker is lost, they are needed again. */
function forWorker(work: Work): Work {
  if (work.type !== 'tile') return work;
  const { spare, ...rest } = work;
  delete work.spare;
  return { ...rest, spare, pixels: work.pixels.slice(0) };
}
