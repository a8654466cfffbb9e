import type { Loaded, ModelSet } from '../pool/model-set.js';
import { transfersOfReply } from '../worker/protocol.js';
import { ClientLane } from './client-lane.js';
import { packError } from './errors.js';
import { PortLine } from './line.js';
import type { ClientMessage, PortAnswers, PortRequest, ServerMessage } from './messages.js';

function transfersOfAnswer(answer: PortAnswers[PortRequest['type']]): ArrayBuffer[] {
  return answer !== undefined && 'type' in answer ? transfersOfReply(answer) : [];
}

/** Lets whoever has the other end of a port use an upscaler's models and workers. */
export class PortServer {
  readonly #models: Pick<ModelSet, 'get'>;
  readonly #line: PortLine<ClientMessage, ServerMessage>;
  readonly #onend: () => void;
  /** By the numbers that the client knows. */
  readonly #known: Loaded[] = [];
  readonly #lanes = new Map<number, ClientLane>();
  #unanswered = 0;

  /**
   * @param silence - milliseconds without a sign of life from a client that has work here
   * @param onend - called when the client is gone
   */
  constructor(
    port: MessagePort,
    models: Pick<ModelSet, 'get'>,
    silence: number,
    onend: () => void,
  ) {
    this.#models = models;
    this.#onend = onend;
    this.#line = new PortLine(port, silence, {
      onmessage: (message) => this.#heard(message),
      ongone: () => this.#clear(),
    });
  }

  #heard(message: ClientMessage): void {
    if (message.type === 'request') {
      void this.#serve(message.call, message.request);
    } else if (message.type === 'remove') {
      this.#lanes.get(message.lane)?.cancel();
      this.#lanes.delete(message.lane);
      this.#watch();
    } else if (message.type === 'bye') {
      this.#line.end();
      this.#clear();
    }
  }

  /** A client that is in the middle of something must give signs of life. */
  #watch(): void {
    this.#line.watch(this.#unanswered > 0 || this.#lanes.size > 0);
  }

  async #serve(call: number, request: PortRequest): Promise<void> {
    this.#unanswered++;
    this.#watch();
    try {
      const answer = await this.#answer(call, request);
      this.#line.say({ type: 'answer', call, answer }, transfersOfAnswer(answer));
    } catch (error) {
      this.#line.say({ type: 'failed', call, error: packError(error) });
    } finally {
      this.#unanswered--;
      this.#watch();
    }
  }

  async #answer(call: number, request: PortRequest): Promise<PortAnswers[PortRequest['type']]> {
    if (request.type === 'model') return this.#modelFor(request.needed);
    const { pool } = this.#known[request.model] as Loaded;
    if (request.type === 'prepareAll') {
      await pool.prepareAll(request.shape);
      return undefined;
    }
    const { lane: number, priority, work } = request;
    const lane = this.#lanes.get(number) ?? new ClientLane(pool, priority);
    this.#lanes.set(number, lane);
    return lane.run(work, (done) => this.#line.say({ type: 'progress', call, done }));
  }

  async #modelFor(needed: number | undefined): Promise<PortAnswers['model']> {
    const loaded = await this.#models.get(needed);
    const known = this.#known.indexOf(loaded);
    const id = known < 0 ? this.#known.push(loaded) - 1 : known;
    return { id, model: loaded.model, info: loaded.info };
  }

  /** The client's work is no longer wanted. */
  #clear(): void {
    for (const lane of this.#lanes.values()) lane.cancel();
    this.#lanes.clear();
    this.#onend();
  }

  /** Tells the client that the upscaler is gone. */
  end(reason: unknown): void {
    this.#line.say({ type: 'bye', error: packError(reason) });
    this.#line.end();
    this.#clear();
  }
}
