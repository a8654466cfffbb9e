import { reasonOf } from '../base/abort.js';
import { deferred } from '../base/deferred.js';
import type { SourceImage } from '../image/source.js';
import { enlarged, type Tile, type TilePlan } from '../tiling/plan.js';
import { networkSize, placeOf, type Target } from '../tiling/target.js';
import { cutTile } from '../tiling/tile-pixels.js';
import type { TileResult } from '../types.js';
import type { Crop, Reduction, TileWork } from '../worker/protocol.js';
import type { Lane } from './fair-queue.js';
import type { Task, TilePool } from './tile-pool.js';

/** What one run is about. */
export interface RunRequest {
  image: SourceImage;
  plan: TilePlan;
  /** Output pixels per input pixel along an edge, of the network. */
  scale: number;
  /** The size of the result. */
  target: Target;
  /** The tiles to run, in order. */
  tiles: readonly Tile[];
  alpha: boolean;
  priority: number;
  signal: AbortSignal | undefined;
  /** Receives each finished tile; an exception ends the run. */
  ontile(tile: TileResult, done: number): void;
  /** Hears how far the run is while a slow tile is in work: finished tiles, with fractions. */
  onpart?(done: number): void;
  /** Whether a tile's bytes are free again once `ontile` has returned. */
  recycle?: boolean;
  /** Buffers for results of their lengths, in place of fresh ones. */
  spares?: ArrayBuffer[];
  /** How many tiles may be in the hands of workers or of a slow receiver; default no limit. */
  mostInFlight?: number;
}

/** One image on its way through the pool. */
export class Run implements Lane<Task> {
  readonly priority: number;
  readonly #pool: TilePool;
  readonly #request: RunRequest;
  readonly #finished = deferred<void>();
  #closed = false;
  #taken = 0;
  #done = 0;
  #released = 0;
  /** How far slow tiles are that are in work, by index. */
  readonly #parts = new Map<number, number>();
  /** Buffers of earlier tiles: for the next results. */
  readonly #spares: ArrayBuffer[];

  constructor(pool: TilePool, request: RunRequest) {
    this.#pool = pool;
    this.#request = request;
    this.priority = request.priority;
    this.#spares = request.spares ?? [];
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

  take(): Task | undefined {
    const { tiles, mostInFlight = Number.POSITIVE_INFINITY } = this.#request;
    if (this.#closed || this.#taken - this.#released >= mostInFlight) return undefined;
    const tile = tiles[this.#taken];
    if (tile === undefined) return undefined;
    this.#taken++;
    return {
      lane: this,
      makeWork: () => this.#makeWork(tile),
      resolve: (reply) => {
        if (reply.type === 'tile') this.#receive(tile, reply.pixels);
      },
      reject: (error) => this.cancel(error),
      progress: (done) => this.#advance(tile.index, done),
    };
  }

  #advance(index: number, part: number): void {
    if (this.#closed) return;
    this.#parts.set(index, part);
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

  #makeWork(tile: Tile): TileWork {
    const { image, plan, alpha } = this.#request;
    const width = plan.across.tile;
    const height = plan.down.tile;
    return {
      type: 'tile',
      shape: { width, height, alpha },
      pixels: cutTile(image, tile.x, tile.y, width, height),
      take: this.#partOf(tile),
      spare: this.#spares.pop(),
    };
  }

  /** What is kept of a tile's result. */
  #partOf(tile: Tile): Crop | Reduction {
    const { image, plan, scale, target } = this.#request;
    const place = placeOf(plan, target, scale, tile);
    // Of the picture at the size that is asked for, and of the network's result.
    const x = place.x + target.window.x;
    const y = place.y + target.window.y;
    const left = enlarged(tile.x + plan.margin, scale);
    const top = enlarged(tile.y + plan.margin, scale);
    const whole = networkSize(image, scale);
    if (whole.width === target.width && whole.height === target.height) {
      return { ...place, x: x - left, y: y - top };
    }
    const width = enlarged(plan.across.tile - 2 * plan.margin, scale);
    const height = enlarged(plan.down.tile - 2 * plan.margin, scale);
    return {
      from: { x: left, y: top, width, height, wholeWidth: whole.width, wholeHeight: whole.height },
      to: { ...place, x, y, wholeWidth: target.width, wholeHeight: target.height },
    };
  }

  #receive(tile: Tile, pixels: ArrayBuffer): void {
    if (this.#closed) return;
    const { scale, plan, target, tiles, ontile, recycle } = this.#request;
    this.#parts.delete(tile.index);
    const result: TileResult = {
      ...placeOf(plan, target, scale, tile),
      data: new Uint8ClampedArray(pixels),
      colorSpace: this.#request.image.colorSpace,
      index: tile.index,
      count: tiles.length,
    };
    this.#done++;
    try {
      ontile(result, this.#done);
    } catch (error) {
      this.cancel(error);
      return;
    }
    if (recycle) this.#spares.push(pixels);
    if (this.#done === tiles.length && !this.#closed) {
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
