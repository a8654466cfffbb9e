import { TesseraError } from '../errors.js';
import type { WorkerPort } from '../types.js';
import { type CoreKind, runsOn } from '../variants.js';
import type { ModelSetup, ReplyTo, Work, WorkRequest } from '../worker/protocol.js';
import type { Holder } from './fair-queue.js';
import { type WorkerCore, WorkerHandle } from './worker-handle.js';

// Each keeps its weights and its tile's tensors in the worker's memory.
const MOST_MODELS = 4;
// Timers that wait longer than this do not wait at all.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a worker is started with. */
export interface SeatCore extends WorkerCore {
  kind: CoreKind;
}

/** How a seat gets its workers. */
export interface SeatOptions {
  spawn(): WorkerPort;
  /** For a worker that starts now. */
  core(): SeatCore;
  /** Milliseconds that a worker may be silent over a request. */
  silence: number;
  /** Milliseconds after which an idle worker is ended. */
  idleTimeout: number;
}

/** A model that workers can load. */
export interface LoadableModel {
  /** Unlike those of all others. */
  id: number;
  setup: ModelSetup;
  /** The least that it needs. */
  core: CoreKind;
  /** Whether hardly anybody will ask for it again, so that workers may forget it. */
  closed: boolean;
}

/** A place for one worker, which is started when needed and replaced when lost. */
export class WorkerSeat implements Holder {
  held: unknown;
  readonly #options: SeatOptions;
  #worker: WorkerHandle | undefined;
  /** Of the worker that is there. */
  #core: CoreKind = 'lean';
  /** What the worker has loaded, least recently used first. */
  readonly #models = new Set<LoadableModel>();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  get hasWorker(): boolean {
    return this.#worker?.isLost === false;
  }

  /** Whether the worker is there and has loaded a model. */
  has(model: LoadableModel): boolean {
    return this.hasWorker && this.#models.has(model);
  }

  /** Starts a worker. */
  async start(): Promise<void> {
    const { spawn, silence } = this.#options;
    const core = this.#options.core();
    clearTimeout(this.#idleTimer);
    this.#core = core.kind;
    const worker = new WorkerHandle(spawn(), silence);
    this.#worker = worker;
    this.#models.clear();
    this.held = undefined;
    await worker.open(core);
    this.#waitForIdleness();
  }

  /**
   * Lets the worker do something for a model, starting and loading what is not there.
   *
   * @param makeWork - called again when the work is to be done anew
   * @throws WorkerLost, and TesseraError when the work failed in a worker that can go on.
   */
  async request<W extends Work>(
    model: LoadableModel,
    makeWork: () => W,
    onprogress?: (done: number) => void,
  ): Promise<ReplyTo<W>> {
    if (!runsOn(this.#core, model.core)) await this.terminate(new Error('it has the lean core'));
    if (!this.hasWorker) await this.start();
    clearTimeout(this.#idleTimer);
    // start() has put it there.
    const worker = this.#worker as WorkerHandle;
    try {
      await this.#load(worker, model);
      const request = { ...makeWork(), model: model.id } as WorkRequest;
      return (await worker.request(request, onprogress)) as ReplyTo<W>;
    } catch (error) {
      if (!isOutOfMemory(error) || this.#models.size < 2) throw error;
      // There may be room without the other models, but a worker's memory does not shrink.
      await worker.terminate(error);
      return await this.request(model, makeWork, onprogress);
    } finally {
      this.#waitForIdleness();
    }
  }

  async #load(worker: WorkerHandle, model: LoadableModel): Promise<void> {
    const known = this.#models.delete(model);
    if (!known) await this.#makeRoom(worker);
    this.#models.add(model);
    if (known) return;
    try {
      await worker.request({ type: 'load', model: model.id, setup: model.setup });
    } catch (error) {
      this.#models.delete(model);
      throw error;
    }
  }

  /** Forgets the models that nobody will ask for, and those that are too many with one more. */
  async #makeRoom(worker: WorkerHandle): Promise<void> {
    for (const model of [...this.#models]) {
      if (!model.closed && this.#models.size < MOST_MODELS) continue;
      this.#models.delete(model);
      await worker.request({ type: 'unload', model: model.id });
    }
  }

  #waitForIdleness(): void {
    const { idleTimeout } = this.#options;
    clearTimeout(this.#idleTimer);
    if (idleTimeout > LONGEST_TIMER_MS || !this.hasWorker) return;
    this.#idleTimer = setTimeout(() => this.terminate(new Error('idle')), idleTimeout);
  }

  /** The tile in work is no longer wanted. */
  cancel(): void {
    this.#worker?.cancel();
  }

  /** Ends the worker, if there is one; what it was asked rejects with `reason`. */
  async terminate(reason: unknown): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#worker?.terminate(reason);
  }
}

function isOutOfMemory(error: unknown): error is TesseraError {
  return error instanceof TesseraError && error.code === 'ERR_OUT_OF_MEMORY';
}
