/** How far tiles overlap and how large they may be: what is exact where it can be afforded. */
import type { OverlapOption, RowFlow } from '../types.js';

/** What a network demands of a tiler; `ModelInfo` has these. Lengths are input pixels. */
export interface TilingFacts {
  scale: number;
  sizeMultiple: number;
  /** The same of an image in one piece. */
  wholeMultiple: number;
  /** Extent that the network takes at least. */
  smallest: number;
  /** Not 0: all tiles are of this size. */
  fixedWidth: number;
  fixedHeight: number;
  /** Pixels on each side that the output does not cover. */
  margin: number;
  /** Pixels on each side by which an image is extended beyond that. */
  border: number;
  /** What an output pixel depends on, or, when not `exact`, what it depends on by local paths. */
  overlap: number;
  exact: boolean;
  notExactBecause: string;
  tileMemory: TileMemory;
  /** How many weights there are. */
  parameters: number;
  /** null: in tiles only. */
  rowFlow: RowFlow | null;
  /** Why; empty otherwise. */
  noRowFlowBecause: string;
}

/** Bytes that a tile of some input pixels needs, beside the weights. */
export interface TileMemory {
  fixed: number;
  perPixel: number;
  /** Of networks whose pixels all look at one another. */
  perSquaredPixel: number;
}

/** The overlap of a run, and the longest tile edge. */
export interface TileBounds {
  overlap: number;
  edge: number;
  /** Whether tiles are then exactly what the whole image would be. */
  exact: boolean;
  /** Why not; empty otherwise. */
  notExactBecause: string;
}

// Default edges. Speed per pixel does not depend on them (docs/internals.md), so longer tiles are
// better for the little they spend on overlap; but a worker's memory, the wait for the first tile and
// the wait after an abort grow with the area. Between the two limits an edge is so many overlaps long
// that a fifth of the work is overlap.
const SHORTEST_EDGE = 256;
const LONGEST_EDGE = 384;
const OVERLAPS_PER_EDGE = 20;
const MEGABYTE = 1024 * 1024;
/** What a tile may need, beside the weights. Most networks' tiles are smaller for other reasons. */
const TILE_BYTES = 64 * MEGABYTE;
// With many weights a tile gets what they leave of this, but no less than LEAST_TILE_BYTES.
const WORKER_BYTES = 160 * MEGABYTE;
const LEAST_TILE_BYTES = 24 * MEGABYTE;
// As they are in the file, and as kernels read them.
const BYTES_PER_PARAMETER = 2 * 4;
// An exact overlap is the default while at least a quarter of a tile's work is kept.
const OVERLAPS_AFFORDED = 4;
// What is not exact overlaps by a sixth of the edge, within limits: 4/9 of a tile's work is kept.
const EDGE_PER_OVERLAP = 6;
const LEAST_OVERLAP = 8;
const MOST_OVERLAP = 32;

/** How far the padded image goes beyond the image, on each side; at most the overlap. */
export function frameOf({ margin, border }: Pick<TilingFacts, 'margin' | 'border'>): number {
  return margin + border;
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

export function roundDown(value: number, multiple: number): number {
  return Math.floor(value / multiple) * multiple;
}

/** Bytes of a tile, beside the weights. */
export function tileBytes(
  { fixed, perPixel, perSquaredPixel }: TileMemory,
  pixels: number,
): number {
  return fixed + pixels * (perPixel + pixels * perSquaredPixel);
}

/** What a tile of this network may need, beside the weights. */
export function tileBudget({ parameters }: TilingFacts): number {
  const left = WORKER_BYTES - parameters * BYTES_PER_PARAMETER;
  return Math.max(LEAST_TILE_BYTES, Math.min(TILE_BYTES, left));
}

/** The longest edge of a square tile that needs at most so many bytes. */
function edgeWithin(memory: TileMemory, bytes: number): number {
  const { fixed, perPixel, perSquaredPixel } = memory;
  const room = Math.max(0, bytes - fixed);
  const root = Math.sqrt(perPixel ** 2 + 4 * perSquaredPixel * room);
  // Of the two forms of the root, the one that a square term of zero does not divide by.
  const pixels = perPixel + root > 0 ? (2 * room) / (perPixel + root) : Number.POSITIVE_INFINITY;
  return Math.floor(Math.sqrt(pixels));
}

/** The shortest tile that has something left beside an overlap. */
function shortestTile(facts: TilingFacts, overlap: number): number {
  return Math.max(2 * overlap + facts.sizeMultiple, facts.smallest);
}

/** The longest edge by default, for an overlap. */
function defaultEdge(facts: TilingFacts, overlap: number): number {
  const economic = Math.min(OVERLAPS_PER_EDGE * overlap, LONGEST_EDGE);
  // With a very wide overlap, at least 4/9 of a tile's work is kept.
  const wanted = Math.max(SHORTEST_EDGE, economic, 6 * overlap);
  return roundUp(Math.max(wanted, facts.smallest), facts.sizeMultiple);
}

/** What fits the memory, but not less than what the network takes. */
function affordableEdge(facts: TilingFacts, overlap: number): number {
  const within = roundDown(edgeWithin(facts.tileMemory, tileBudget(facts)), facts.sizeMultiple);
  const least = roundUp(facts.smallest, facts.sizeMultiple);
  return Math.max(least, Math.min(defaultEdge(facts, overlap), within));
}

function tooSmall(tileSize: number, overlap: number, smallest: number): RangeError {
  return new RangeError(
    `tileSize ${tileSize} is too small: the overlap is ${overlap} pixels on each side, so a tile ` +
      `must be at least ${smallest} pixels`,
  );
}

/** An overlap as the network takes it; less than what lies around the image leaves gaps. */
function allowed(facts: TilingFacts, overlap: number): number {
  return roundUp(Math.max(overlap, frameOf(facts)), facts.sizeMultiple);
}

/**
 * Chooses the overlap and the longest edge.
 *
 * @param wanted - the caller's longest edge
 * @param reach - how far beyond what a tile supplies its result must go
 * @throws RangeError when that leaves no room beside the overlap.
 */
export function tileBounds(
  facts: TilingFacts,
  option: OverlapOption | undefined,
  wanted: number | undefined,
  reach = 0,
): TileBounds {
  const fixed = Math.min(facts.fixedWidth, facts.fixedHeight);
  const tileSize = fixed > 0 ? fixed : wanted;
  const needed = chooseOverlap(facts, option, tileSize);
  const overlap = reach === 0 ? needed : roundUp(needed + reach, facts.sizeMultiple);
  const shortest = shortestTile(facts, overlap);
  if (tileSize !== undefined && tileSize < shortest) throw tooSmall(tileSize, overlap, shortest);
  const edge =
    tileSize === undefined
      ? Math.max(affordableEdge(facts, overlap), roomy(facts, overlap))
      : roundDown(tileSize, facts.sizeMultiple);
  const exact = facts.exact && needed >= facts.overlap;
  return { overlap, edge, exact, notExactBecause: exact ? '' : reason(facts) };
}

/** Whoever asks for a wide overlap gets tiles that keep something beside it. */
function roomy(facts: TilingFacts, overlap: number): number {
  return roundUp(Math.max(3 * overlap, facts.smallest), facts.sizeMultiple);
}

function chooseOverlap(
  facts: TilingFacts,
  option: OverlapOption | undefined,
  tileSize: number | undefined,
): number {
  if (typeof option === 'number') return allowed(facts, option);
  if (option === 'exact') return facts.overlap;
  const edge = affordableEdge(facts, facts.overlap);
  const longest = facts.fixedWidth > 0 ? (tileSize ?? 0) : Math.max(edge, tileSize ?? 0);
  if (facts.exact && longest >= OVERLAPS_AFFORDED * facts.overlap) return facts.overlap;
  const share = Math.floor((tileSize ?? edge) / EDGE_PER_OVERLAP);
  const approximate = Math.min(MOST_OVERLAP, Math.max(LEAST_OVERLAP, share));
  return Math.min(facts.overlap, allowed(facts, approximate));
}

function reason(facts: TilingFacts): string {
  if (!facts.exact) return facts.notExactBecause;
  return (
    `an output pixel depends on input pixels up to ${facts.overlap} away, more than the tiles ` +
    'overlap'
  );
}

/** Whether a whole image may be one tile although the network cannot be tiled exactly. */
export function fitsWhole(facts: TilingFacts, pixels: number): boolean {
  return tileBytes(facts.tileMemory, pixels) <= tileBudget(facts);
}
