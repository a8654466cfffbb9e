import { raceAbort, throwIfAborted } from '../base/abort.js';
import type { Loaded, ModelSet } from '../pool/model-set.js';
import { PortClient } from './client.js';
import { PortModel } from './port-model.js';

/** What a connection is made of. */
export interface ConnectOptions {
  port: MessagePort;
  /** Milliseconds that the other end may be silent while something is waited for. */
  timeout: number;
  /** Gives the connection up before it stands. */
  signal?: AbortSignal | undefined;
}

// What a worker holds of a picture is not known at this end.
const TILES_BECAUSE = 'the workers are at the other end of a port';

/** The models of another upscaler, by a port of it. */
export class ConnectedModels implements ModelSet {
  readonly #client: PortClient;
  readonly #signal: AbortSignal | undefined;
  /** By their numbers at the other end. */
  readonly #loaded = new Map<number, Loaded>();
  #first: Promise<Loaded> | undefined;
  #known: Loaded | undefined;
  #lanes = 0;
  #paused = false;

  constructor({ port, timeout, signal }: ConnectOptions) {
    this.#signal = signal;
    this.#client = new PortClient(port, timeout, (reason) => this.#close(reason));
  }

  get first(): Loaded | undefined {
    return this.#known;
  }

  start(): Promise<Loaded> {
    this.#first = this.#connect();
    return this.#first;
  }

  async #connect(): Promise<Loaded> {
    try {
      throwIfAborted(this.#signal);
      this.#known = await raceAbort(this.#ask(undefined), this.#signal);
      return this.#known;
    } catch (error) {
      this.#client.end(error);
      throw error;
    }
  }

  async get(needed: number | undefined): Promise<Loaded> {
    const first = await (this.#first as Promise<Loaded>);
    return needed === undefined ? first : this.#ask(needed);
  }

  async #ask(needed: number | undefined): Promise<Loaded> {
    const { id, model, info } = await this.#client.ask({ type: 'model', needed });
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const pool = new PortModel(this.#client, id, info.workers, () => this.#lanes++);
    if (this.#paused) pool.pause();
    const scheduleBecause = info.scheduleBecause || TILES_BECAUSE;
    const loaded: Loaded = {
      pool,
      model,
      info: { ...info, schedule: 'tiles', scheduleBecause },
      tilesBecause: TILES_BECAUSE,
    };
    this.#loaded.set(id, loaded);
    return loaded;
  }

  pause(): void {
    this.#paused = true;
    for (const { pool } of this.#loaded.values()) pool.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const { pool } of this.#loaded.values()) pool.resume();
  }

  #close(reason: unknown): void {
    for (const { pool } of this.#loaded.values()) void pool.close(reason);
  }

  async dispose(reason: unknown): Promise<void> {
    this.#client.end(reason);
  }
}
