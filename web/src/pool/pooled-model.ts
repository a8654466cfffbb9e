import type { ModelInfo } from '../types.js';
import type { CoreKind } from '../variants.js';
import type { ModelSetup, SessionShape } from '../worker/protocol.js';
import { Errand } from './errand.js';
import type { Lane } from './fair-queue.js';
import type { Task, TilePool } from './tile-pool.js';
import type { QueuedModel, WorkerPool } from './worker-pool.js';

let count = 0;

/** A model among others in a pool of workers. */
export class PooledModel implements TilePool, QueuedModel {
  readonly id = count++;
  readonly setup: ModelSetup;
  readonly core: CoreKind;
  paused = false;
  closed = false;
  readonly #workers: WorkerPool;

  /** @throws the reason when the pool is gone. */
  constructor(workers: WorkerPool, setup: ModelSetup, core: CoreKind) {
    this.setup = setup;
    this.core = core;
    this.#workers = workers;
    workers.admit(this);
  }

  /** Lets a worker load it and look at it. */
  async describe(): Promise<ModelInfo> {
    const { model } = await new Errand(this, { type: 'describe' }).run();
    return model;
  }

  add(lane: Lane<Task>): void {
    this.#workers.add(lane, this);
  }

  remove(lane: Lane<Task>): void {
    this.#workers.remove(lane);
  }

  pump(): void {
    this.#workers.pump();
  }

  prepareAll(shape: SessionShape): Promise<void> {
    return this.#workers.prepareAll(this, shape);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#workers.pump();
  }

  retire(): void {
    this.closed = true;
  }

  async close(reason: unknown): Promise<void> {
    this.closed = true;
    await this.#workers.discharge(this, reason);
  }
}
