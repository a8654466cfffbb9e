/** Which tiles of a frame see other pixels than in the frame before. Pure functions. */
import type { SourceImage } from '../image/source.js';
import type { TilingFacts } from '../tiling/overlap.js';
import { makespan, planTiles, type Tile, type TilePlan, tileAt } from '../tiling/plan.js';

/** Tiles of one cut. */
export interface TileChoice {
  plan: TilePlan;
  tiles: readonly Tile[];
}

/** The cuts of frames of one size: for frames that change, and for those that change in places. */
export interface FramePlans {
  width: number;
  height: number;
  coarse: TilePlan;
  /** None where another cut would give other bytes. */
  fine: TilePlan | undefined;
}

// What is kept of a tile of the fine cut, in input pixels: smaller ones spend more on their overlap.
const BLOCK = 64;

export function planFrames(
  width: number,
  height: number,
  facts: TilingFacts,
  workers: number,
): FramePlans {
  const coarse = planTiles({ width, height, workers }, facts);
  const cuttable = facts.exact && coarse.exact && facts.fixedWidth === 0;
  const tileSize = BLOCK + 2 * facts.overlap;
  const fine = cuttable ? planTiles({ width, height, workers, tileSize }, facts) : undefined;
  return { width, height, coarse, fine: fine?.exact ? fine : undefined };
}

/** All tiles of the coarse cut. */
export const allTiles = ({ coarse }: FramePlans): TileChoice => ({
  plan: coarse,
  tiles: Array.from({ length: coarse.count }, (_, index) => tileAt(coarse, index)),
});

/** The tiles that must be run, in whichever cut takes less time. */
export function changedTiles(
  plans: FramePlans,
  workers: number,
  before: SourceImage,
  now: SourceImage,
): TileChoice {
  const pair = { old: wordsOf(before), fresh: wordsOf(now), width: now.width, height: now.height };
  const coarse = changedOf(plans.coarse, pair);
  if (plans.fine === undefined || coarse.tiles.length === 0) return coarse;
  const fine = changedOf(plans.fine, pair);
  const time = ({ plan, tiles }: TileChoice) => makespan(plan, workers, tiles.length);
  return time(fine) < time(coarse) ? fine : coarse;
}

/** Two frames of one size, a number for each pixel. */
interface FramePair {
  old: Uint32Array;
  fresh: Uint32Array;
  width: number;
  height: number;
}

function changedOf(plan: TilePlan, pair: FramePair): TileChoice {
  const tiles: Tile[] = [];
  for (let index = 0; index < plan.count; index++) {
    const tile = tileAt(plan, index);
    if (!sameInside(tile, plan, pair)) tiles.push(tile);
  }
  return { plan, tiles };
}

/** Whether all that a tile sees is the same. What lies beyond an edge repeats it. */
function sameInside(
  { x, y }: Tile,
  { across, down }: TilePlan,
  { old, fresh, width, height }: FramePair,
): boolean {
  const [left, right] = [Math.max(0, x), Math.min(width, x + across.tile)];
  const bottom = Math.min(height, y + down.tile);
  for (let row = Math.max(0, y); row < bottom; row++) {
    const end = row * width + right;
    for (let i = row * width + left; i < end; i++) if (old[i] !== fresh[i]) return false;
  }
  return true;
}

/** RGBA pixels as numbers. */
const wordsOf = ({ data }: SourceImage): Uint32Array =>
  new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
