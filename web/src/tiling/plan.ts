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
 *
 * Around the image the padded image has a frame: the margin that a network's output lacks, and the
 * border that is cut away from it, since the zero padding spoils it.
 */
import { TesseraError } from '../errors.js';
import type { OverlapOption, RowFlow } from '../types.js';
import {
  fitsWhole,
  frameOf,
  roundDown,
  roundUp,
  type TileBounds,
  type TilingFacts,
  tileBounds,
} from './overlap.js';

/** The cut along one axis. */
export interface AxisPlan {
  /** The image's extent. */
  extent: number;
  /**
   * The extent with its frame, rounded up to what the network takes; edge pixels are repeated to
   * fill it.
   */
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
  /** Pixels on each side that a tile's output lacks. */
  margin: number;
  /** Pixels on each side by which the padded image goes beyond the image: margin and border. */
  frame: number;
  /** Of tiles. */
  count: number;
  /** Whether the result is exactly what one tile for the whole image would give. */
  exact: boolean;
  /** Why not; empty otherwise. */
  notExactBecause: string;
  /** Set where rows flow: the cut is that of bands.ts. */
  flow?: RowFlow | undefined;
  /** Why they do not, where somebody asked. */
  tilesBecause?: string | undefined;
}

/** One tile: what the network sees, and which part of it is kept. */
export interface Tile {
  index: number;
  /** Origin of the tile; it may reach beyond the image only where the image is padded. */
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
  /** undefined leaves it to the planner. */
  overlap?: OverlapOption | undefined;
  /** How far beyond what a tile supplies its result must go, in pixels. Default 0. */
  reach?: number | undefined;
  /** Why rows may not flow; default empty: they may. */
  tilesBecause?: string | undefined;
  /** Whether whole rows of tiles are received: those of a wide result are then kept low. */
  inRows?: boolean | undefined;
}

// Tiles kept smaller than this are not made just to feed more workers: fixed costs would eat it.
const SMALLEST_SPLIT = 64;
// What a row of tiles of the result may need, where whole rows of them are received.
const ROW_BYTES = 6 * 1024 * 1024;
// Lower tiles are not made for that: two thirds of them are to be left beside the overlap.
const OVERLAPS_PER_LOW_EDGE = 6;
// What a tile costs besides its pixels (messages, copies, calls), in pixels.
const TILE_COST = 2048;
/** One tile for the whole image has at most this many pixels. */
export const WHOLE_IMAGE_LIMIT = 1024 * 1024;

/** The part of the facts that cutting needs. */
type Cut = Pick<TilingFacts, 'sizeMultiple' | 'smallest' | 'overlap'>;

/** @param fixed - not 0: the length of all tiles */
export function paddedExtent(extent: number, facts: TilingFacts, fixed: number): number {
  const { sizeMultiple, smallest } = facts;
  return roundUp(Math.max(extent + 2 * frameOf(facts), smallest, fixed), sizeMultiple);
}

/** Cuts an axis into `wanted` tiles of one length, or fewer when rounding makes them longer. */
export function cutAxis(extent: number, padded: number, wanted: number, cut: Cut): AxisPlan {
  const { overlap, sizeMultiple, smallest } = cut;
  if (wanted === 1) return { extent, padded, tile: padded, count: 1 };
  const inner = padded - 2 * overlap;
  const shortest = Math.max(sizeMultiple, smallest - 2 * overlap);
  const step = roundUp(Math.max(inner / wanted, shortest), sizeMultiple);
  return { extent, padded, tile: step + 2 * overlap, count: Math.ceil(inner / step) };
}

/** The cuts along one axis worth comparing: the coarsest that fits, and up to `finer` finer ones. */
function cuts(
  extent: number,
  bounds: TileBounds,
  finer: number,
  facts: TilingFacts,
  fixed: number,
): AxisPlan[] {
  const { edge, overlap } = bounds;
  const cut = { ...facts, overlap };
  const padded = paddedExtent(extent, facts, fixed);
  const inner = padded - 2 * overlap;
  if (fixed > 0) {
    const count = padded === fixed ? 1 : Math.ceil(inner / (fixed - 2 * overlap));
    return [{ extent, padded, tile: fixed, count }];
  }
  const coarsest = padded <= edge ? 1 : Math.ceil(inner / (edge - 2 * overlap));
  const plans = [cutAxis(extent, padded, coarsest, cut)];
  for (let wanted = coarsest + 1; wanted <= coarsest + finer; wanted++) {
    if (inner / wanted < SMALLEST_SPLIT) break;
    plans.push(cutAxis(extent, padded, wanted, cut));
  }
  return plans;
}

/**
 * How long tiles of a plan take, in pixels of one worker: workers take tiles in rounds.
 *
 * @param count - of tiles; default all of them
 */
export function makespan(plan: TilePlan, workers: number, count = plan.count): number {
  const pixels = plan.across.tile * plan.down.tile;
  return Math.ceil(count / workers) * (pixels + TILE_COST);
}

function combine(
  across: AxisPlan,
  down: AxisPlan,
  facts: TilingFacts,
  { overlap, exact, notExactBecause }: Omit<TileBounds, 'edge'>,
): TilePlan {
  const count = across.count * down.count;
  // One tile is the whole image, whatever the network looks at.
  const whole = { exact: true, notExactBecause: '' };
  return {
    across,
    down,
    overlap,
    margin: facts.margin,
    frame: frameOf(facts),
    count,
    ...(count === 1 ? whole : { exact, notExactBecause }),
  };
}

/**
 * One tile as large as the (padded) image.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` above {@link WHOLE_IMAGE_LIMIT}.
 */
export function planWhole(width: number, height: number, facts: TilingFacts): TilePlan {
  const own = { ...facts, sizeMultiple: facts.wholeMultiple };
  const axis = (extent: number, fixed: number) =>
    cutAxis(extent, paddedExtent(extent, own, fixed), 1, own);
  const { fixedWidth, fixedHeight } = facts;
  const plan = combine(axis(width, fixedWidth), axis(height, fixedHeight), facts, facts);
  if (fixedWidth > 0 && (plan.across.tile > fixedWidth || plan.down.tile > fixedHeight)) {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      `${width}x${height} is too large for one piece: this network takes tiles of ` +
        `${fixedWidth}x${fixedHeight} pixels only`,
    );
  }
  const pixels = plan.across.tile * plan.down.tile;
  if (pixels > WHOLE_IMAGE_LIMIT) {
    const what = facts.exact
      ? 'one patch'
      : `this network is exact only in one piece (${facts.notExactBecause}), and an image`;
    const advice = facts.exact ? '' : "; without overlap 'exact' it is cut into tiles";
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      `${width}x${height} is too large: ${what} may have at most ${WHOLE_IMAGE_LIMIT} pixels` +
        advice,
      { details: { pixels, limit: WHOLE_IMAGE_LIMIT } },
    );
  }
  return plan;
}

/** Whether to run an image in one piece, since the network is not exact in tiles. */
function wantsWhole({ width, height, tileSize, overlap }: TilingRequest, facts: TilingFacts) {
  if (facts.exact) return false;
  if (overlap === 'exact') return true;
  if (overlap !== undefined || tileSize !== undefined || facts.fixedWidth > 0) return false;
  const pixels = paddedExtent(width, facts, 0) * paddedExtent(height, facts, 0);
  return pixels <= WHOLE_IMAGE_LIMIT && fitsWhole(facts, pixels);
}

/** The longest edges of tiles: lower and longer where a row of them would need too much. */
function edgesOf(
  { width, tileSize, inRows }: TilingRequest,
  { edge, overlap }: TileBounds,
  { scale, smallest, sizeMultiple, fixedWidth }: TilingFacts,
): { across: number; down: number } {
  if (!inRows || tileSize !== undefined || fixedWidth > 0) return { across: edge, down: edge };
  const rows = Math.floor(ROW_BYTES / (4 * width * scale ** 2));
  const lowest = Math.max(SMALLEST_SPLIT + 2 * overlap, OVERLAPS_PER_LOW_EDGE * overlap, smallest);
  const down = Math.min(edge, roundUp(Math.max(rows + 2 * overlap, lowest), sizeMultiple));
  return { across: roundDown(edge ** 2 / down, sizeMultiple), down };
}

/**
 * Chooses the tile shape: among the even grids whose tiles fit the bound, the one that finishes
 * first.
 *
 * @throws RangeError when `tileSize` leaves no room beside the overlap.
 * @throws TesseraError `ERR_UNSUPPORTED` when `overlap` is `exact`, the network is exact only in one
 * piece, and the image too large for one tile.
 */
export function planTiles(request: TilingRequest, facts: TilingFacts): TilePlan {
  const { width, height, workers, tileSize, reach } = request;
  if (wantsWhole(request, facts)) return planWhole(width, height, facts);
  const bounds = tileBounds(facts, request.overlap, tileSize, reach);
  // A caller's own tile size is followed as closely as an even grid can.
  const finer = tileSize === undefined ? workers : 0;
  const edges = edgesOf(request, bounds, facts);
  const along = { ...bounds, edge: edges.across };
  const upright = { ...bounds, edge: edges.down };
  const plans = cuts(width, along, finer, facts, facts.fixedWidth).flatMap((across) =>
    cuts(height, upright, finer, facts, facts.fixedHeight).map((down) =>
      combine(across, down, facts, bounds),
    ),
  );
  return plans.reduce((best, plan) =>
    makespan(plan, workers) < makespan(best, workers) ? plan : best,
  );
}

/** The extent that pixels are enlarged to; what is no whole output pixel is left away. */
export function enlarged(pixels: number, scale: number): number {
  // The smallest addition that makes up for the rounding of a third or a seventh.
  return Math.floor(pixels * scale + 1e-6);
}

/** One tile along an axis, and the part of it that is kept. */
export interface AxisTile {
  origin: number;
  keep: number;
  keepEnd: number;
}

/** The tile at a position along an axis. */
export function axisTile(
  axis: AxisPlan,
  index: number,
  { overlap, frame }: Pick<TilePlan, 'overlap' | 'frame'>,
): AxisTile {
  const step = axis.tile - 2 * overlap;
  const last = index === axis.count - 1;
  // Each tile's share ends one overlap before its own end, and the next share starts there. The
  // last tile, moved inward, keeps less than it could. The padded image begins at -frame.
  return {
    origin: (index === 0 ? 0 : Math.min(index * step, axis.padded - axis.tile)) - frame,
    keep: index === 0 ? 0 : index * step + overlap - frame,
    keepEnd: last ? axis.extent : (index + 1) * step + overlap - frame,
  };
}

/** The tile at a position in reading order. */
export function tileAt(plan: TilePlan, index: number): Tile {
  const x = axisTile(plan.across, index % plan.across.count, plan);
  const y = axisTile(plan.down, Math.floor(index / plan.across.count), plan);
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
