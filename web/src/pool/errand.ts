import { reasonOf, throwIfAborted } from '../base/abort.js';
import { deferred } from '../base/deferred.js';
import type { ReplyTo, Work } from '../worker/protocol.js';
import type { Lane } from './fair-queue.js';
import type { Task, TilePool } from './tile-pool.js';

/** One short piece of work for whichever worker is free first. */
export class Errand<W extends Work> implements Lane<Task> {
  readonly priority: number;
  readonly #pool: TilePool;
  readonly #work: W;
  readonly #result = deferred<ReplyTo<W>>();
  #taken = false;
  #closed = false;

  /** @param priority - default: before all, as somebody waits for it to start what takes long */
  constructor(pool: TilePool, work: W, priority = Number.POSITIVE_INFINITY) {
    this.priority = priority;
    this.#pool = pool;
    this.#work = work;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Enters the pool. */
  async run(signal?: AbortSignal): Promise<ReplyTo<W>> {
    throwIfAborted(signal);
    const stop = () => this.cancel(signal && reasonOf(signal));
    signal?.addEventListener('abort', stop);
    this.#pool.add(this);
    try {
      return await this.#result.promise;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
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
