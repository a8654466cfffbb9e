import { reasonOf } from '../base/abort.js';
import { SpareBuffers } from '../base/buffers.js';
import { deferred } from '../base/deferred.js';
import type { SourceImage } from '../image/source.js';
import type { Target } from '../tiling/target.js';
import type { TileResult } from '../types.js';
import type { TileReply, TileWork } from '../worker/protocol.js';
import type { Cutter, Part } from './cutter.js';
import type { Holder, Lane } from './fair-queue.js';
import type { Task, TilePool } from './tile-pool.js';

/** What one run is about. */
export interface RunRequest {
  image: SourceImage;
  /** The size of the result. */
  target: Target;
  alpha: boolean;
  /** Hands out the parts of the result. */
  cutter: Cutter;
  priority: number;
  signal: AbortSignal | undefined;
  /** Receives each finished tile; an exception ends the run. */
  ontile(tile: TileResult, done: number): void;
  /** Hears how far the run is while a slow tile is in work: finished tiles, with fractions. */
  onpart?(done: number): void;
  /** Whether a tile's bytes are free again once `ontile` has returned. */
  recycle?: boolean;
  /** Buffers for what is cut and for results, in place of fresh ones. */
  spares?: SpareBuffers;
  /** How many tiles may be in the hands of workers or of a slow receiver; default no limit. */
  mostInFlight?: number;
}

// A tile that has not come is not done, however far its worker says it is.
const MOST_ON_THE_WAY = 0.99;

/** One image on its way through the pool. */
export class Run implements Lane<Task> {
  readonly priority: number;
  readonly #pool: TilePool;
  readonly #request: RunRequest;
  readonly #cutter: Cutter;
  readonly #finished = deferred<void>();
  #closed = false;
  #taken = 0;
  #done = 0;
  #released = 0;
  /** How far slow tiles are that are in work, by index. */
  readonly #parts = new Map<number, number>();
  /** Of earlier tiles. */
  readonly #spares: SpareBuffers;

  constructor(pool: TilePool, request: RunRequest) {
    this.#pool = pool;
    this.#request = request;
    this.#cutter = request.cutter;
    this.priority = request.priority;
    this.#spares = request.spares ?? new SpareBuffers();
  }

  /** Settles when the last tile was received, or the run ended early. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Enters the pool. */
  start(): void {
    const { signal } = this.#request;
    if (signal?.aborted) {
      this.cancel(reasonOf(signal));
      return;
    }
    signal?.addEventListener('abort', this.#onabort);
    this.#pool.add(this);
  }

  readonly #onabort = () => this.cancel(reasonOf(this.#request.signal as AbortSignal));

  stays(worker: Holder): boolean {
    return !this.#closed && this.#cutter.stays(worker);
  }

  take(worker: Holder): Task | undefined {
    const { mostInFlight = Number.POSITIVE_INFINITY } = this.#request;
    if (this.#closed || this.#taken - this.#released >= mostInFlight) return undefined;
    const part = this.#cutter.next(worker);
    if (part === undefined) return undefined;
    this.#taken++;
    return {
      lane: this,
      makeWork: (by) => this.#workOf(part, by),
      resolve: (reply) => {
        if (reply.type === 'tile') this.#receive(part, reply);
      },
      reject: (error) => this.cancel(error),
      progress: (done) => this.#advance(part.index, done),
    };
  }

  #workOf({ work, output }: Part, worker: Holder): TileWork {
    const spare = this.#spares.take(output.width * output.height * 4);
    return { ...work(worker, this.#spares), spare };
  }

  #advance(index: number, part: number): void {
    if (this.#closed) return;
    this.#parts.set(index, Math.min(part, MOST_ON_THE_WAY));
    let done = this.#done;
    for (const each of this.#parts.values()) done += each;
    try {
      this.#request.onpart?.(done);
    } catch (error) {
      this.cancel(error);
    }
  }

  /** The receiver is done with a tile: with `mostInFlight`, another may be taken. */
  release(): void {
    this.#released++;
    this.#pool.pump();
  }

  /** Nobody reads a tile any more. */
  recycle({ data }: TileResult): void {
    this.#spares.give(data.buffer);
  }

  #receive(part: Part, { pixels, spent }: TileReply): void {
    if (this.#closed) return;
    this.#spares.give(spent);
    const { ontile, recycle, image } = this.#request;
    this.#parts.delete(part.index);
    const result: TileResult = {
      ...part.output,
      data: new Uint8ClampedArray(pixels),
      colorSpace: image.colorSpace,
      index: part.index,
      count: this.#cutter.count,
    };
    this.#done++;
    try {
      ontile(result, this.#done);
    } catch (error) {
      this.cancel(error);
      return;
    }
    if (recycle) this.recycle(result);
    if (this.#done === this.#cutter.count && !this.#closed) {
      this.#close();
      this.#finished.resolve();
    }
  }

  /** Ends the run early: {@link finished} rejects with `reason` at once. */
  cancel(reason: unknown): void {
    if (this.#closed) return;
    this.#close();
    this.#finished.reject(reason);
  }

  #close(): void {
    this.#closed = true;
    this.#request.signal?.removeEventListener('abort', this.#onabort);
    this.#pool.remove(this);
  }
}
