import type { WorkerPort } from '../types.js';
import type { LoadedReply, LoadRequest, ReplyTo, WorkerRequest } from '../worker/protocol.js';
import { WorkerHandle } from './worker-handle.js';

/** How a seat gets its workers. */
export interface SeatOptions {
  spawn(): WorkerPort;
  /** Address of the module script that belongs to the wasm file. */
  glueUrl: string;
  /** What makes a new worker able to run the model; workers start while it is on its way. */
  load: Promise<LoadRequest>;
  /** Milliseconds that a worker may be silent over a request. */
  silence: number;
  /** Milliseconds after which an idle worker is ended; undefined keeps it. */
  idleTimeout?: number | undefined;
}

/** A place for one worker, which is started when needed and replaced when lost. */
export class WorkerSeat {
  readonly #options: SeatOptions;
  #worker: WorkerHandle | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  get hasWorker(): boolean {
    return this.#worker?.isLost === false;
  }

  /** Starts a worker and loads the model into it. */
  async start(): Promise<LoadedReply> {
    const { spawn, silence, glueUrl, load } = this.#options;
    const worker = new WorkerHandle(spawn(), silence);
    this.#worker = worker;
    try {
      const opened = worker.request({ type: 'open', glueUrl });
      // A missing file is told first: it says more than a worker that found nothing either.
      opened.catch(() => {});
      const request = await load;
      await opened;
      return await worker.request(request);
    } catch (error) {
      await worker.terminate(error);
      throw error;
    }
  }

  /** Sends one request to the worker, starting one if there is none. */
  async request<R extends WorkerRequest>(
    request: R,
    onprogress?: (done: number) => void,
  ): Promise<ReplyTo<R>> {
    clearTimeout(this.#idleTimer);
    if (!this.hasWorker) await this.start();
    try {
      // start() has put it there.
      return await (this.#worker as WorkerHandle).request(request, onprogress);
    } finally {
      this.#waitForIdleness();
    }
  }

  #waitForIdleness(): void {
    const { idleTimeout } = this.#options;
    if (idleTimeout === undefined) return;
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
