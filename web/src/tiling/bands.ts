/**
 * How an image is cut where rows flow through the network (docs/internals.md). Pure functions; all
 * lengths are input pixels unless they say "output".
 *
 * The image is one strip as wide as itself, or several that overlap where its rows would need too
 * much memory. A strip is cut into pieces of rows. A worker makes consecutive pieces, a band, and
 * computes nothing twice between them; only a band that begins below the image's upper edge makes
 * some rows before its own.
 *
 *     rows of the image     0 . . . . . P . . . . . 2P . . . . . 3P
 *     taken by piece        [     0     ][     1     ][     2     ]
 *     finished by it        [   0   ][     1     ][     2         ]
 *
 * What a piece finishes lags behind what it takes, since a row depends on rows below it; the last
 * piece makes up for it.
 */

import type { RowFlow } from '../types.js';
import { frameOf, roundUp, type TilingFacts } from './overlap.js';
import {
  axisTile,
  cutAxis,
  enlarged,
  makespan,
  paddedExtent,
  planTiles,
  type TilePlan,
  type TilingRequest,
} from './plan.js';

/** The cut of an image into strips (`across`) and pieces of `down.tile` rows. */
export interface BandPlan extends TilePlan {
  flow: RowFlow;
  /** Rows that a band takes again when it begins inside the image. */
  again: number;
}

/** Of a network whose rows flow. */
type FlowingFacts = TilingFacts & { rowFlow: RowFlow };

export function isBandPlan(plan: TilePlan): plan is BandPlan {
  return plan.flow !== undefined;
}

/** An image, and how many workers share it. */
type BandRequest = Pick<TilingRequest, 'width' | 'height' | 'workers'>;

/** One piece of a strip. */
export interface Piece {
  /** In reading order. */
  index: number;
  /** Of the strip's pixels, those beyond the image included. */
  x: number;
  width: number;
  /** The part of the result that this piece alone supplies, in output pixels. */
  output: { x: number; y: number; width: number; height: number };
  /** Where `output` begins in the strip's own result, in output pixels. */
  cropX: number;
  /**
   * The rows it takes when it continues a band: `begin` .. `end` - 1. Those before 0 and after the
   * image repeat its edges.
   */
  begin: number;
  end: number;
  /** The first row of a band that begins with it. */
  bandBegin: number;
}

// What a worker's rows need for each thread, beside the weights, where strips so narrow are at least
// so many overlaps wide: 3 % of the work is then overlap.
const USUAL_BYTES = 2.5 * 1024 * 1024;
const USUAL_OVERLAPS = 64;
// Networks that keep more rows or look further get so much, or strips that are a fifth overlap.
const MOST_BYTES = 32 * 1024 * 1024;
const LEAST_OVERLAPS = 10;
// Strips narrower than this are not made just to feed more workers, and no more of them.
const LEAST_COLUMNS = 128;
const MORE_STRIPS = 3;
// Messages do not show beside the work on so many pixels, and progress is smooth.
const PIECE_PIXELS = 64 * 1024;
// Pieces lower than this are not made just to feed more workers.
const LEAST_ROWS = 64;
// The engine's positions are exact up to 131072 rows of any tensor: for scales up to 8.
const MOST_ROWS = 16384;
// So many rows away pixels give their colour to transparent ones, which is further than enlarging
// alpha reaches.
const ALPHA_REACH = 8;
// What a piece costs besides its pixels (messages, copies), in pixels.
const PIECE_COST = 2048;

/** Why an image runs in tiles; empty where its rows flow. Tiles that a caller describes are tiles. */
export function needOfTiles(
  request: Pick<TilingRequest, 'tileSize' | 'overlap' | 'tilesBecause'>,
  facts: Pick<TilingFacts, 'rowFlow' | 'noRowFlowBecause' | 'exact' | 'notExactBecause'>,
): string {
  if (facts.rowFlow === null) return facts.noRowFlowBecause;
  if (!facts.exact) return facts.notExactBecause;
  if (request.tileSize !== undefined) return 'tileSize asks for tiles';
  if (typeof request.overlap === 'number') return 'an overlap in pixels asks for tiles';
  return request.tilesBecause ?? '';
}

/** Cuts an image into bands where its rows flow and are done no later than tiles, else into tiles. */
export function planRun(request: TilingRequest, facts: TilingFacts): TilePlan {
  const { workers, height } = request;
  const { rowFlow } = facts;
  const tiles = planTiles(request, facts);
  const tilesBecause = needOfTiles(request, facts) || needOfHeight(height);
  if (rowFlow === null || tilesBecause !== '') return { ...tiles, tilesBecause };
  const bands = planBands(request, { ...facts, rowFlow });
  if (bandSpan(bands, workers) <= makespan(tiles, workers)) return bands;
  const exact = tiles.exact ? '' : ", though they are not exact (overlap 'exact' is)";
  return { ...tiles, tilesBecause: `tiles keep more of ${workers} workers busy${exact}` };
}

const needOfHeight = (height: number) =>
  height > MOST_ROWS ? `the picture has more than ${MOST_ROWS} rows` : '';

/** How long bands take, in pixels of one worker: they end together unless there are too few. */
function bandSpan(plan: BandPlan, workers: number): number {
  const { across, down, again } = plan;
  const parts = partsOf(plan, workers);
  const busy = Math.min(across.count * parts, workers);
  const own = Math.ceil(down.count / parts) * down.tile;
  const longest = across.tile * Math.min(down.padded, parts > 1 ? own + again : own);
  const share = bandPixels(plan, workers) / busy;
  return Math.max(longest, share) + (PIECE_COST * plan.count) / busy;
}

/** Input pixels that the network runs on, those it meets twice counted twice. */
export function bandPixels(plan: BandPlan, workers: number): number {
  const { across, down, again } = plan;
  return across.tile * across.count * (down.padded + again * (partsOf(plan, workers) - 1));
}

/** Cuts an image into strips and pieces: as few strips as fit the memory, or more to be done sooner. */
export function planBands(request: BandRequest, facts: FlowingFacts): BandPlan {
  const { width, workers } = request;
  const { overlap } = facts;
  const padded = paddedExtent(width, facts, 0);
  const fewest = fewestStrips(padded, facts);
  const most = Math.min(fewest + MORE_STRIPS, Math.floor((padded - 2 * overlap) / LEAST_COLUMNS));
  let best = cutInto(cutAxis(width, padded, fewest, facts), request, facts);
  for (let wanted = fewest + 1; wanted <= most; wanted++) {
    const plan = cutInto(cutAxis(width, padded, wanted, facts), request, facts);
    if (bandSpan(plan, workers) < bandSpan(best, workers)) best = plan;
  }
  return best;
}

function fewestStrips(padded: number, { overlap, rowFlow, smallest }: FlowingFacts): number {
  const within = (bytes: number) => Math.max(0, bytes - rowFlow.fixedBytes) / rowFlow.columnBytes;
  const usual = Math.max(within(USUAL_BYTES), USUAL_OVERLAPS * overlap);
  const longest = Math.max(Math.min(usual, within(MOST_BYTES)), LEAST_OVERLAPS * overlap, smallest);
  return padded <= longest ? 1 : Math.ceil((padded - 2 * overlap) / (longest - 2 * overlap));
}

/** Cuts strips into pieces. */
function cutInto(
  across: TilePlan['across'],
  { height, workers }: BandRequest,
  facts: FlowingFacts,
): BandPlan {
  const { overlap, rowFlow: flow } = facts;
  const padded = paddedExtent(height, facts, 0);
  const share = Math.max(LEAST_ROWS, (padded * across.count) / workers);
  const wanted = Math.min(share, PIECE_PIXELS / across.tile);
  const frame = frameOf(facts);
  const tile = roundUp(Math.max(wanted, lagRows(flow, facts.scale) + frame + 1), flow.rows);
  const outputRows = enlarged(height + frame, facts.scale);
  const count = Math.max(1, Math.ceil(outputRows / (tile * facts.scale)));
  return {
    across,
    down: { extent: height, padded, tile, count },
    overlap,
    margin: 0,
    frame,
    count: across.count * count,
    exact: true,
    notExactBecause: '',
    flow,
    again: roundUp(overlap + lagRows(flow, facts.scale), flow.rows),
  };
}

/** Rows of the image that a result is behind. */
function lagRows(flow: RowFlow, scale: number): number {
  return Math.ceil(flow.outputLag / scale);
}

/** Piece `row` of strip `strip`. */
export function pieceAt(
  plan: BandPlan,
  strip: number,
  row: number,
  facts: Pick<TilingFacts, 'scale' | 'smallest'>,
): Piece {
  const { down, across, flow, frame } = plan;
  const { scale } = facts;
  const column = axisTile(across, strip, plan);
  const last = row === down.count - 1;
  const outputRows = Math.round(down.tile * scale);
  // The network's own rows begin a frame above the image's.
  const behind = flow.outputLag + enlarged(frame, scale);
  const top = row === 0 ? 0 : row * outputRows - behind;
  const bottom = last ? enlarged(down.extent, scale) : (row + 1) * outputRows - behind;
  const x = enlarged(column.keep, scale);
  // Far enough above, where a pass begins, and not so low that the network would not take the rest.
  const above = Math.min(row * down.tile - plan.again, down.padded - facts.smallest);
  const highest = Math.max(0, above);
  return {
    index: row * across.count + strip,
    x: column.origin,
    width: across.tile,
    output: { x, y: top, width: enlarged(column.keepEnd, scale) - x, height: bottom - top },
    cropX: enlarged(column.keep - column.origin, scale),
    begin: row * down.tile - frame,
    end: (last ? down.padded : (row + 1) * down.tile) - frame,
    bandBegin: (row === 0 ? 0 : highest - (highest % flow.rows)) - frame,
  };
}

/**
 * What a piece needs of the image for its alpha.
 *
 * @param first - the first row that the network takes for it
 */
export function alphaRowsOf(
  { down, frame }: BandPlan,
  { width, output, cropX, end }: Piece,
  first: number,
  scale: number,
) {
  // Rows of the padded image, which begins a frame above the image.
  const top = Math.min(first, Math.floor(output.y / scale)) + frame;
  const begin = Math.max(0, top - ALPHA_REACH);
  const bottom = Math.min(down.padded, end + frame + ALPHA_REACH);
  return {
    above: first + frame - begin,
    below: bottom - (end + frame),
    from: {
      x: 0,
      y: begin,
      width,
      height: bottom - begin,
      wholeWidth: width,
      wholeHeight: down.padded,
    },
    to: {
      ...output,
      x: cropX,
      y: output.y + enlarged(frame, scale),
      wholeWidth: enlarged(width, scale),
      wholeHeight: enlarged(down.padded, scale),
    },
  };
}

/** How many bands each strip is cut into at first. */
export function partsOf(plan: BandPlan, workers: number): number {
  const { across, down } = plan;
  const most = Math.max(1, Math.floor(down.count / leastPieces(plan)));
  return Math.min(most, Math.ceil(workers / across.count));
}

/** So many pieces are worth another worker's beginning: those that keep as many rows as it takes again. */
export function leastPieces({ down, again }: BandPlan): number {
  return Math.max(1, Math.ceil(again / down.tile));
}
