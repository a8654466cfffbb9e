import { deferred } from '../base/deferred.js';
import type { ReplyTo, Work } from '../worker/protocol.js';
import type { Lane } from './fair-queue.js';
import type { Task, TilePool } from './tile-pool.js';

/** One short piece of work for whichever worker is free first. */
export class Errand<W extends Work> implements Lane<Task> {
  // Somebody waits for it before starting what takes long.
  readonly priority = Number.POSITIVE_INFINITY;
  readonly #pool: TilePool;
  readonly #work: W;
  readonly #result = deferred<ReplyTo<W>>();
  #taken = false;
  #closed = false;

  constructor(pool: TilePool, work: W) {
    this.#pool = pool;
    this.#work = work;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Enters the pool. */
  async run(): Promise<ReplyTo<W>> {
    this.#pool.add(this);
    return this.#result.promise;
  }

  take(): Task | undefined {
    if (this.#taken || this.#closed) return undefined;
    this.#taken = true;
    return {
      lane: this,
      makeWork: () => this.#work,
      resolve: (reply) => {
        this.#result.resolve(reply as ReplyTo<W>);
        this.#close();
      },
      reject: (error) => this.cancel(error),
    };
  }

  cancel(reason: unknown): void {
    this.#result.reject(reason);
    this.#close();
  }

  #close(): void {
    this.#closed = true;
    this.#pool.remove(this);
  }
}
