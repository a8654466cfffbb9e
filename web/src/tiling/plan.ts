/**
 * How an image is cut into tiles. Pure functions; all lengths are input pixels unless they say
 * "output".
 *
 *     |<------------- padded extent ------------->|
 *     [ tile 0 .............. ]
 *     [    kept      ][overlap]
 *               [overlap][ kept ][overlap]            tile 1
 *                     [ .............. last tile ]    moved inward until it lies inside
 *
 * All tiles of a run have one shape, so that a session is prepared once. A tile never reaches over
 * the edge of the padded image: the network's own zero padding then falls on the image border and
 * nowhere else, which is what makes a tiled result equal to an untiled one.
 */
import { TesseraError } from '../errors.js';

/** What a network demands of a tiler; {@link ModelInfo} has these. */
export interface TilingFacts {
  scale: number;
  sizeMultiple: number;
  overlap: number;
  tileable: boolean;
  notTileableBecause: string;
}

/** The cut along one axis. */
export interface AxisPlan {
  /** The image's extent. */
  extent: number;
  /** The extent rounded up to what the network takes; edge pixels are repeated to fill it. */
  padded: number;
  /** Tile edge, overlap included. */
  tile: number;
  count: number;
}

/** The cut of one image. */
export interface TilePlan {
  across: AxisPlan;
  down: AxisPlan;
  overlap: number;
  /** Of tiles. */
  count: number;
}

/** One tile: what the network sees, and which part of it is kept. */
export interface Tile {
  index: number;
  /** Origin of the tile; it may reach past the image only where the image is padded. */
  x: number;
  y: number;
  /** The part of the image that this tile alone supplies. */
  keepX: number;
  keepY: number;
  keepWidth: number;
  keepHeight: number;
}

/** What the planner may choose between. */
export interface TilingRequest {
  width: number;
  height: number;
  /** Tiles that run at the same time. */
  workers: number;
  /** Longest tile edge, overlap included; undefined leaves it to the planner. */
  tileSize?: number | undefined;
}

// Default edges. Speed per pixel does not depend on them (docs/internals.md), so longer tiles are
// better for the little they spend on overlap; but a worker's memory, the wait for the first tile and
// the wait after an abort grow with the area. Between the two limits an edge is so many overlaps long
// that a fifth of the work is overlap.
const SHORTEST_EDGE = 256;
const LONGEST_EDGE = 384;
const OVERLAPS_PER_EDGE = 20;
// Tiles kept smaller than this are not made just to feed more workers: fixed costs would eat it.
const SMALLEST_SPLIT = 64;
// What a tile costs besides its pixels (messages, copies, calls), in pixels.
const TILE_COST = 2048;
/** A network that looks at the whole image gets one tile of at most this many pixels. */
export const WHOLE_IMAGE_LIMIT = 1024 * 1024;

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The longest edge that the planner may use. */
function longestEdge(facts: TilingFacts, tileSize: number | undefined): number {
  const { overlap, sizeMultiple } = facts;
  if (tileSize === undefined) {
    const economic = Math.min(OVERLAPS_PER_EDGE * overlap, LONGEST_EDGE);
    // With a very wide overlap, at least 4/9 of a tile's work is kept.
    return roundUp(Math.max(SHORTEST_EDGE, economic, 6 * overlap, sizeMultiple), sizeMultiple);
  }
  const smallest = 2 * overlap + sizeMultiple;
  if (tileSize < smallest) {
    throw new RangeError(
      `tileSize ${tileSize} is too small: this network needs an overlap of ${overlap} pixels on ` +
        `each side, so a tile must be at least ${smallest} pixels`,
    );
  }
  return Math.floor(tileSize / sizeMultiple) * sizeMultiple;
}

/** Cuts an axis into `wanted` tiles of one length, or fewer when rounding makes them longer. */
function cutAxis(extent: number, wanted: number, facts: TilingFacts): AxisPlan {
  const { overlap, sizeMultiple } = facts;
  const padded = roundUp(extent, sizeMultiple);
  if (wanted === 1) return { extent, padded, tile: padded, count: 1 };
  const inner = padded - 2 * overlap;
  const step = roundUp(inner / wanted, sizeMultiple);
  return { extent, padded, tile: step + 2 * overlap, count: Math.ceil(inner / step) };
}

/** The cuts along one axis worth comparing: the coarsest that fits, and up to `finer` finer ones. */
function cuts(extent: number, edge: number, finer: number, facts: TilingFacts): AxisPlan[] {
  const padded = roundUp(extent, facts.sizeMultiple);
  const inner = padded - 2 * facts.overlap;
  const coarsest = padded <= edge ? 1 : Math.ceil(inner / (edge - 2 * facts.overlap));
  const plans = [cutAxis(extent, coarsest, facts)];
  for (let wanted = coarsest + 1; wanted <= coarsest + finer; wanted++) {
    if (inner / wanted < SMALLEST_SPLIT) break;
    plans.push(cutAxis(extent, wanted, facts));
  }
  return plans;
}

/** How long a plan takes, in pixels of one worker: workers take tiles in rounds. */
function makespan(plan: TilePlan, workers: number): number {
  const pixels = plan.across.tile * plan.down.tile;
  return Math.ceil(plan.count / workers) * (pixels + TILE_COST);
}

function combine(across: AxisPlan, down: AxisPlan, facts: TilingFacts): TilePlan {
  return { across, down, overlap: facts.overlap, count: across.count * down.count };
}

/**
 * One tile as large as the (padded) image.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` above {@link WHOLE_IMAGE_LIMIT}.
 */
export function planWhole(width: number, height: number, facts: TilingFacts): TilePlan {
  const plan = combine(cutAxis(width, 1, facts), cutAxis(height, 1, facts), facts);
  const pixels = plan.across.tile * plan.down.tile;
  if (pixels > WHOLE_IMAGE_LIMIT) {
    const what = facts.tileable
      ? 'one patch'
      : `this network cannot be tiled (${facts.notTileableBecause}); an image`;
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      `${width}x${height} is too large: ${what} may have at most ${WHOLE_IMAGE_LIMIT} pixels`,
      { details: { pixels, limit: WHOLE_IMAGE_LIMIT } },
    );
  }
  return plan;
}

/**
 * Chooses the tile shape: among the even grids whose tiles fit the bound, the one that finishes
 * first.
 *
 * @throws RangeError when `tileSize` leaves no room beside the overlap.
 * @throws TesseraError `ERR_UNSUPPORTED` for a network that cannot be tiled and an image too large
 * for one tile.
 */
export function planTiles(request: TilingRequest, facts: TilingFacts): TilePlan {
  const { width, height, workers, tileSize } = request;
  if (!facts.tileable) return planWhole(width, height, facts);
  const edge = longestEdge(facts, tileSize);
  // A caller's own tile size is followed as closely as an even grid can.
  const finer = tileSize === undefined ? workers : 0;
  const plans = cuts(width, edge, finer, facts).flatMap((across) =>
    cuts(height, edge, finer, facts).map((down) => combine(across, down, facts)),
  );
  return plans.reduce((best, plan) =>
    makespan(plan, workers) < makespan(best, workers) ? plan : best,
  );
}

interface AxisTile {
  origin: number;
  keep: number;
  keepEnd: number;
}

function axisTile(axis: AxisPlan, index: number, overlap: number): AxisTile {
  const step = axis.tile - 2 * overlap;
  const last = index === axis.count - 1;
  // Each tile's share ends one overlap before its own end, and the next share starts there. The
  // last tile, moved inward, keeps less than it could.
  return {
    origin: index === 0 ? 0 : Math.min(index * step, axis.padded - axis.tile),
    keep: index === 0 ? 0 : index * step + overlap,
    keepEnd: last ? axis.extent : (index + 1) * step + overlap,
  };
}

/** The tile at a position in reading order. */
export function tileAt(plan: TilePlan, index: number): Tile {
  const x = axisTile(plan.across, index % plan.across.count, plan.overlap);
  const y = axisTile(plan.down, Math.floor(index / plan.across.count), plan.overlap);
  return {
    index,
    x: x.origin,
    y: y.origin,
    keepX: x.keep,
    keepY: y.keep,
    keepWidth: x.keepEnd - x.keep,
    keepHeight: y.keepEnd - y.keep,
  };
}
