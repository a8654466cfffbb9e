import { type Deferred, deferred } from '../base/deferred.js';
import { unpackError } from './errors.js';
import { PortLine } from './line.js';
import type { ClientMessage, PortAnswers, PortRequest, ServerMessage } from './messages.js';

interface Call extends Deferred<PortAnswers[PortRequest['type']]> {
  onprogress: ((done: number) => void) | undefined;
}

/** Asks the upscaler at the other end of a port. Every request settles. */
export class PortClient {
  readonly #line: PortLine<ServerMessage, ClientMessage>;
  readonly #calls = new Map<number, Call>();
  readonly #onend: (reason: unknown) => void;
  #count = 0;
  #ended: { reason: unknown } | undefined;

  /**
   * @param silence - milliseconds without a sign of life while an answer is waited for
   * @param onend - called when the upscaler is gone
   */
  constructor(port: MessagePort, silence: number, onend: (reason: unknown) => void) {
    this.#onend = onend;
    this.#line = new PortLine(port, silence, {
      onmessage: (message) => this.#heard(message),
      ongone: (reason) => this.end(reason),
    });
  }

  /** Why nothing can be asked any more. */
  get ended(): { reason: unknown } | undefined {
    return this.#ended;
  }

  /**
   * @param onprogress - hears how far a slow tile is, in (0, 1)
   * @throws the error of the other side; the reason, when that is gone.
   */
  async ask<R extends PortRequest>(
    request: R,
    transfer: readonly ArrayBuffer[] = [],
    onprogress?: (done: number) => void,
  ): Promise<PortAnswers[R['type']]> {
    if (this.#ended !== undefined) throw this.#ended.reason;
    const call = this.#count++;
    const answer: Call = { ...deferred(), onprogress };
    this.#line.say({ type: 'request', call, request }, transfer);
    this.#calls.set(call, answer);
    this.#line.watch(true);
    return (await answer.promise) as PortAnswers[R['type']];
  }

  /** The results of a run are no longer wanted. */
  remove(lane: number): void {
    this.#line.say({ type: 'remove', lane });
  }

  #heard(message: ServerMessage): void {
    if (message.type === 'bye') this.end(unpackError(message.error));
    if (!('call' in message)) return;
    const call = this.#calls.get(message.call);
    if (message.type === 'progress') {
      call?.onprogress?.(message.done);
      return;
    }
    this.#calls.delete(message.call);
    this.#line.watch(this.#calls.size > 0);
    if (message.type === 'answer') call?.resolve(message.answer);
    else call?.reject(unpackError(message.error));
  }

  /** Leaves; whatever is waited for rejects with `reason`. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#line.say({ type: 'bye' });
    this.#line.end();
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
    this.#onend(reason);
  }
}
