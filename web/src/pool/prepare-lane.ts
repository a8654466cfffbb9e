import { deferred } from '../base/deferred.js';
import type { PreparedReply, SessionShape } from '../worker/protocol.js';
import type { Lane } from './fair-queue.js';
import type { Task, WorkerPool } from './worker-pool.js';

/** Gets one worker ready for a shape, as soon as one is free. */
export class PrepareLane implements Lane<Task> {
  // Short, and somebody waits for it before starting what takes long.
  readonly priority = Number.POSITIVE_INFINITY;
  readonly #pool: WorkerPool;
  readonly #shape: SessionShape;
  readonly #result = deferred<PreparedReply>();
  #taken = false;
  #closed = false;

  constructor(pool: WorkerPool, shape: SessionShape) {
    this.#pool = pool;
    this.#shape = shape;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Enters the pool. */
  run(): Promise<PreparedReply> {
    this.#pool.add(this);
    return this.#result.promise;
  }

  take(): Task | undefined {
    if (this.#taken || this.#closed) return undefined;
    this.#taken = true;
    return {
      lane: this,
      makeRequest: () => ({ type: 'prepare', shape: this.#shape }),
      resolve: (reply) => {
        if (reply.type === 'prepared') this.#result.resolve(reply);
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
