import { StallTimer } from '../base/stall.js';
import { TesseraError } from '../errors.js';
import { holdLock, waitForEnd } from './life-lock.js';
import type { ClientMessage, ServerMessage } from './messages.js';

type Message = ClientMessage | ServerMessage;

const gone = () => new TesseraError('ERR_DISPOSED', 'the other end of the port is gone');

/** Who is at one end of a line. */
export interface Listener<Heard extends Message> {
  onmessage(message: Heard): void;
  /** The other end is gone; called once. */
  ongone(reason: TesseraError): void;
}

/**
 * One end of a port. It notices when the other is gone: by the port's `close` event, where the host has it
 * (Node), by a lock that the other end holds, where both are of one origin, and everywhere by silence, as
 * long as something is waited for.
 */
export class PortLine<Heard extends Message, Said extends Message> {
  readonly #port: MessagePort;
  readonly #silence: number;
  readonly #listener: Listener<Heard>;
  readonly #stopper = new AbortController();
  #watch: StallTimer | undefined;

  /** @param silence - milliseconds without a sign of life, while something is waited for */
  constructor(port: MessagePort, silence: number, listener: Listener<Heard>) {
    this.#port = port;
    this.#silence = silence;
    this.#listener = listener;
    port.addEventListener('message', ({ data }) => this.#heard(data as Heard));
    port.addEventListener('messageerror', () =>
      this.#lose(new TesseraError('ERR_INTERNAL', 'a message at the port could not be read')),
    );
    port.addEventListener('close', () => this.#lose(gone()));
    port.start();
    void this.#holdLock();
  }

  get #ended(): boolean {
    return this.#stopper.signal.aborted;
  }

  async #holdLock(): Promise<void> {
    const name = await holdLock(this.#stopper.signal);
    if (name !== undefined && !this.#ended) this.#port.postMessage({ type: 'lock', name });
  }

  async #waitForEnd(name: string): Promise<void> {
    if (await waitForEnd(name, this.#stopper.signal)) this.#lose(gone());
  }

  /** Says something, unless the line has ended. */
  say(message: Said, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#ended) this.#port.postMessage(message, [...transfer]);
  }

  /** Whether something is waited for: then the other end must give signs of life. */
  watch(waiting: boolean): void {
    if (waiting === (this.#watch !== undefined)) return;
    this.#watch?.stop();
    this.#watch = waiting && !this.#ended ? this.#startWatch() : undefined;
  }

  #startWatch(): StallTimer {
    const message =
      `nobody has answered at the port for ${this.#silence} ms: it must come from the port() of an ` +
      'upscaler that is still there, and be connected once';
    return new StallTimer(
      this.#silence,
      () => this.#lose(new TesseraError('ERR_TIMEOUT', message)),
      () => this.#port.postMessage({ type: 'ping' }),
    );
  }

  #heard(message: Heard): void {
    if (this.#ended) return;
    this.#watch?.heard();
    if (message.type === 'ping') this.#port.postMessage({ type: 'pong' });
    else if (message.type === 'lock') void this.#waitForEnd(message.name);
    else if (message.type !== 'pong') this.#listener.onmessage(message);
  }

  #lose(reason: TesseraError): void {
    if (this.#ended) return;
    this.end();
    this.#listener.ongone(reason);
  }

  /** Hears and says no more. */
  end(): void {
    this.#stopper.abort();
    this.#watch?.stop();
    this.#port.close();
  }
}
