import type { SpareBuffers } from '../base/buffers.js';
import type { SourceImage } from '../image/source.js';
import { enlarged, type Tile, type TilePlan } from '../tiling/plan.js';
import { networkSize, placeOf, type Rectangle, type Target } from '../tiling/target.js';
import { cutTile } from '../tiling/tile-pixels.js';
import type { ModelInfo } from '../types.js';
import type { Crop, Reduction, SessionShape, TileWork } from '../worker/protocol.js';
import type { Holder } from './fair-queue.js';

/** A part of the result, and how a worker makes it. */
export interface Part {
  /** In reading order. */
  index: number;
  /** Output pixels. */
  output: Rectangle;
  /** Made anew for each worker that tries, of buffers that are to spare. */
  work(worker: Holder, spares: SpareBuffers): TileWork;
}

/** Hands out the parts of one result. */
export interface Cutter {
  /** Of parts. */
  readonly count: number;
  /** Parts that have the result's first row. */
  readonly across: number;
  /** The next part for a worker; undefined when none is left. */
  next(worker: Holder): Part | undefined;
  /** Whether the worker is in the middle of something that would be begun anew elsewhere. */
  stays(worker: Holder): boolean;
}

/** What parts are cut from. */
export interface CutRequest {
  image: SourceImage;
  plan: TilePlan;
  /** Output pixels per input pixel along an edge, of the network. */
  scale: number;
  /** Whether the image has transparency, and it is kept. */
  alpha: boolean;
  /** Whether the network makes alpha itself. */
  ownAlpha: boolean;
}

/** Whether a network makes alpha itself. */
export const makesAlpha = ({ channels }: Pick<ModelInfo, 'channels'>) => channels === 4;

/** What a worker is prepared for to work on a plan. */
export function shapeOf({
  plan: { across, down, flow },
  alpha,
  ownAlpha,
}: Pick<CutRequest, 'plan' | 'alpha' | 'ownAlpha'>): SessionShape {
  const width = across.tile;
  if (flow === undefined) return { width, height: down.tile, alpha, rows: 0 };
  // Beside rows that flow, alpha is not the session's.
  return { width, height: down.padded, alpha: alpha && ownAlpha, rows: flow.rows };
}

/** What tiles are cut from. */
export interface TileCutRequest extends CutRequest {
  /** The size of the result. */
  target: Target;
  /** The tiles to run, in order. */
  tiles: readonly Tile[];
}

/** Cuts tiles, one after another. */
export class TileCutter implements Cutter {
  readonly count: number;
  readonly across: number;
  readonly #request: TileCutRequest;
  #taken = 0;

  constructor(request: TileCutRequest) {
    const { plan, target, scale, tiles } = request;
    this.#request = request;
    this.count = tiles.length;
    this.across = tiles.filter((tile) => placeOf(plan, target, scale, tile).y === 0).length;
  }

  stays(): boolean {
    return false;
  }

  next(): Part | undefined {
    const { plan, scale, target, tiles } = this.#request;
    const tile = tiles[this.#taken];
    if (tile === undefined) return undefined;
    this.#taken++;
    const output = placeOf(plan, target, scale, tile);
    return { index: tile.index, output, work: (_, spares) => this.#workFor(tile, output, spares) };
  }

  #workFor(tile: Tile, output: Rectangle, spares: SpareBuffers): TileWork {
    const { image } = this.#request;
    const shape = shapeOf(this.#request);
    return {
      type: 'tile',
      shape,
      begins: true,
      pixels: cutTile(image, tile.x, tile.y, shape.width, shape.height, spares),
      take: this.#partOf(tile, output),
    };
  }

  /** What is kept of a tile's result. */
  #partOf(tile: Tile, output: Rectangle): Crop | Reduction {
    const { image, plan, scale, target } = this.#request;
    // Of the picture at the size that is asked for, and of the network's result.
    const x = output.x + target.window.x;
    const y = output.y + target.window.y;
    const left = enlarged(tile.x + plan.margin, scale);
    const top = enlarged(tile.y + plan.margin, scale);
    const whole = networkSize(image, scale);
    if (whole.width === target.width && whole.height === target.height) {
      return { ...output, x: x - left, y: y - top };
    }
    const width = enlarged(plan.across.tile - 2 * plan.margin, scale);
    const height = enlarged(plan.down.tile - 2 * plan.margin, scale);
    return {
      from: { x: left, y: top, width, height, wholeWidth: whole.width, wholeHeight: whole.height },
      to: { ...output, x, y, wholeWidth: target.width, wholeHeight: target.height },
    };
  }
}
