import { StallTimer } from '../base/stall.js';
import { describe, fromWireError, TesseraError } from '../errors.js';
import type { WorkerPort } from '../types.js';
import {
  type CancelMessage,
  type ProgressReport,
  type ReplyTo,
  transfersOf,
  type WorkerReply,
  type WorkerRequest,
} from '../worker/protocol.js';

/** The worker itself is lost, whatever it was doing; another one may do better. */
export class WorkerLost extends Error {
  readonly code: 'ERR_WORKER_CRASHED' | 'ERR_OUT_OF_MEMORY' | 'ERR_TIMEOUT';

  constructor(code: WorkerLost['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What callers see of a failure: a lost worker becomes the error that says why. */
export function toPublic(error: unknown): unknown {
  if (!(error instanceof WorkerLost)) return error;
  return new TesseraError(error.code, error.message, { cause: error.cause });
}

/** What a worker runs. */
export interface WorkerCore {
  /** Address of the module script that belongs to the wasm file. */
  glueUrl: string;
  /** Gets the compiled core; workers start while it is on its way. */
  core(): Promise<WebAssembly.Module>;
  /** Inside each worker. */
  threads: number;
}

interface Pending {
  resolve(reply: WorkerReply): void;
  reject(error: unknown): void;
  onprogress: ((done: number) => void) | undefined;
  stall: StallTimer;
}

/** One worker and the one request it may be answering. Every request settles. */
export class WorkerHandle {
  readonly #port: WorkerPort;
  readonly #silence: number;
  #pending: Pending | undefined;
  #lost: unknown;
  #terminated: unknown;

  /** @param silence - milliseconds without a word about a request */
  constructor(port: WorkerPort, silence: number) {
    this.#port = port;
    this.#silence = silence;
    port.addEventListener('message', (event) =>
      this.#heard(event.data as WorkerReply | ProgressReport),
    );
    port.addEventListener('error', (event) => {
      const what = event.message || describe(event.error ?? 'it did not load or stopped');
      this.terminate(new WorkerLost('ERR_WORKER_CRASHED', `worker failed: ${what}`, event.error));
    });
    port.addEventListener('messageerror', () => {
      this.terminate(new WorkerLost('ERR_WORKER_CRASHED', 'a worker message could not be read'));
    });
  }

  /**
   * Lets the worker start its core; when that fails, it ends.
   *
   * @throws as {@link request} does, and as `core` does.
   */
  async open({ glueUrl, core, threads }: WorkerCore): Promise<void> {
    try {
      const opened = this.request({ type: 'open', glueUrl });
      // A missing file is told first: it says more than a worker that found nothing either.
      opened.catch(() => {});
      const wasm = await core();
      await opened;
      await this.request({ type: 'start', wasm, threads });
    } catch (error) {
      await this.terminate(error);
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Sends one request; the next may follow once this has settled.
   *
   * @param onprogress - hears how far a slow tile is, in (0, 1)
   * @throws WorkerLost when the worker is gone, which it then is for good.
   * @throws TesseraError when the request failed in a worker that can go on.
   */
  async request<R extends WorkerRequest>(
    request: R,
    onprogress?: (done: number) => void,
  ): Promise<ReplyTo<R>> {
    if (this.#lost !== undefined) throw this.#lost;
    const reply = await new Promise<WorkerReply>((resolve, reject) => {
      const stall = new StallTimer(this.#silence, () => {
        const message = `a worker was silent for ${this.#silence} ms`;
        this.terminate(new WorkerLost('ERR_TIMEOUT', message));
      });
      this.#pending = { resolve, reject, onprogress, stall };
      try {
        this.#port.postMessage(request, transfersOf(request));
      } catch (cause) {
        this.#settle()?.reject(
          new TesseraError('ERR_INTERNAL', `cannot post to a worker: ${describe(cause)}`, {
            cause,
          }),
        );
      }
    });
    if (reply.type === 'failed') throw fromWireError(reply.error);
    return reply as ReplyTo<R>;
  }

  /** The tile in work is no longer wanted: its request settles before long. */
  cancel(): void {
    if (this.#pending === undefined || this.#lost !== undefined) return;
    const message: CancelMessage = { type: 'cancel' };
    this.#port.postMessage(message, []);
  }

  #heard(reply: WorkerReply | ProgressReport): void {
    if (reply.type === 'progress') {
      this.#pending?.stall.heard();
      this.#pending?.onprogress?.(reply.done);
      return;
    }
    if (reply.type === 'poisoned') {
      this.terminate(new WorkerLost(reply.code, reply.message));
      return;
    }
    this.#settle()?.resolve(reply);
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.stall.stop();
    return pending;
  }

  /** Ends the worker; what it was asked rejects with `reason`. Settles once it is gone. */
  async terminate(reason: unknown): Promise<void> {
    if (this.#lost === undefined) {
      this.#lost = reason;
      this.#terminated = this.#port.terminate();
      this.#settle()?.reject(reason);
    }
    await this.#terminated;
  }
}
