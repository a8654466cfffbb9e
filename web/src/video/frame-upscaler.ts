import { SpareBuffers } from '../base/buffers.js';
import type { SourceImage } from '../image/source.js';
import { TileCutter } from '../pool/cutter.js';
import { Run } from '../pool/run.js';
import type { TilePool } from '../pool/tile-pool.js';
import { networkSize, whole } from '../tiling/target.js';
import type { ModelInfo, TileResult } from '../types.js';
import {
  allTiles,
  changedTiles,
  type FramePlans,
  planFrames,
  type TileChoice,
} from './changed-tiles.js';

/** A model on its workers. */
export interface FrameModel {
  pool: TilePool;
  model: ModelInfo;
  info: { workers: number };
}

/** How frames are run. */
export interface FrameSettings {
  reuse: boolean;
  priority: number;
  signal: AbortSignal;
}

/** A frame in work. */
export interface FrameWork {
  /** Of the result. */
  width: number;
  height: number;
  /** Share of its pixels that stay as in the frame before, in [0, 1]. */
  reused: number;
  /** Settles when a worker has nothing to do for this frame: the next may begin. */
  spare: Promise<void>;
  /**
   * The parts that differ from the frame before; frames end in the order in which they began. After a
   * failure the next frame is done whole.
   */
  tiles: Promise<TileResult[]>;
}

/** Upscales frames one after the other, and leaves out what did not change. */
export class FrameUpscaler {
  readonly #parts: FrameModel;
  readonly #settings: FrameSettings;
  #plans: FramePlans | undefined;
  /** The last frame that was begun. */
  #last: SourceImage | undefined;
  /** Settles with the last frame that was begun. */
  #before: Promise<unknown> = Promise.resolve();
  /** Of what was cut, and of results that were drawn. */
  #spares: SpareBuffers;

  constructor(parts: FrameModel, settings: FrameSettings) {
    this.#parts = parts;
    this.#spares = new SpareBuffers(2 * parts.info.workers);
    this.#settings = settings;
  }

  /** Begins a frame, whose bytes then must not change. */
  begin(frame: SourceImage): FrameWork {
    const { scale } = this.#parts.model;
    const choice = this.#choose(frame);
    this.#last = frame;
    const { spare, finished } = this.#run(frame, choice);
    const before = this.#before;
    const tiles = before.then(() => finished);
    this.#before = tiles;
    tiles.catch(() => this.#forget(tiles));
    const kept = choice.tiles.reduce((sum, tile) => sum + tile.keepWidth * tile.keepHeight, 0);
    const reused = 1 - kept / (frame.width * frame.height);
    return { ...networkSize(frame, scale), reused, spare, tiles };
  }

  /** After a failure nothing is known of what is shown. */
  #forget(failed: Promise<unknown>): void {
    this.#last = undefined;
    if (this.#before === failed) this.#before = Promise.resolve();
  }

  /** Gives buffers back that are no longer needed. */
  recycle(tiles: readonly TileResult[]): void {
    for (const { data } of tiles) this.#spares.give(data.buffer);
  }

  #choose(frame: SourceImage): TileChoice {
    const { model, info } = this.#parts;
    const { width, height } = frame;
    if (this.#plans?.width !== width || this.#plans.height !== height) {
      this.#plans = planFrames(width, height, model, info.workers);
      this.#last = undefined;
      this.#spares = new SpareBuffers(2 * info.workers);
    }
    if (this.#last === undefined || !this.#settings.reuse) return allTiles(this.#plans);
    return changedTiles(this.#plans, info.workers, this.#last, frame);
  }

  #run(
    image: SourceImage,
    { plan, tiles }: TileChoice,
  ): { spare: Promise<void>; finished: Promise<TileResult[]> } {
    const results: TileResult[] = [];
    if (tiles.length === 0) return { spare: Promise.resolve(), finished: Promise.resolve(results) };
    const { pool, model, info } = this.#parts;
    const { priority, signal } = this.#settings;
    let becomeSpare = () => {};
    const spare = new Promise<void>((resolve) => {
      becomeSpare = resolve;
    });
    const { scale } = model;
    const target = whole(networkSize(image, scale));
    const cut = { image, plan, tiles, target, scale, alpha: false, ownAlpha: false };
    const run = new Run(pool, {
      ...{ image, target, priority, signal },
      alpha: false,
      cutter: new TileCutter(cut),
      spares: this.#spares,
      ontile(tile, done) {
        results.push(tile);
        if (tiles.length - done < info.workers) becomeSpare();
      },
    });
    run.start();
    const finished = run.finished.then(() => results);
    finished.catch(becomeSpare);
    return { spare, finished };
  }
}
