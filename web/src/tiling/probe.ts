/** Pictures to measure seams on, and the measure. */
import type { PixelSource, RawImage } from '../types.js';
import { roundUp, type TilingFacts, tileBudget, tileBytes } from './overlap.js';
import type { TilePlan } from './plan.js';

// Enough above and below for what a row depends on nearby; more only takes longer.
const LEAST_HEIGHT = 48;
/** Side by side. The more there are, the less of the image one of them is. */
const MOST_TILES = 8;
const LEAST_TILES = 3;
/** What the probe in one piece may need, beside the weights, of what a tile may. */
const PROBE_SHARE = 2;

type Colour = readonly [red: number, green: number, blue: number];

const RED: Colour = [250, 5, 5];
const BLUE: Colour = [5, 5, 250];
const CYAN: Colour = [5, 250, 250];
const COLOURS: readonly Colour[] = [
  ...[RED, [5, 5, 5] as const, CYAN, [250, 250, 250] as const],
  ...[BLUE, [250, 250, 5] as const, [5, 250, 5] as const, [250, 5, 250] as const],
];

// Marks on a plain ground, one in each square of this edge.
const SQUARE = 23;
const MARK_AT = 3;

/** A mark's own colour in each square, on a ground: a page of few letters, a sky with stars. */
function marked(x: number, y: number, channel: number, ground: Colour): number {
  const [column, row] = [Math.floor(x / SQUARE), Math.floor(y / SQUARE)];
  const kind = Math.imul(column * 7 + row * 13 + 5, 2654435761) >>> 8;
  const edge = 2 + ((kind >> 4) % 5);
  const inside = (at: number) => at % SQUARE >= MARK_AT && at % SQUARE < MARK_AT + edge;
  if (inside(x) && inside(y)) return ((kind >> channel) & 1) * 255;
  return ground[channel] as number;
}

/** Blocks, and grain on them. */
function busy(x: number, y: number, channel: number, grain: number): number {
  const block = ((x >> 2) + (y >> 3)) % 2 === 1 ? 230 : 25;
  const tint = ((x >> 4) + (y >> 4) * 3 + channel) % 3 === 0 ? 20 : 0;
  return block + tint + 40 * (grain - 0.5);
}

/**
 * Pictures whose tiles differ from the whole as much as they can: a network that looks at the whole
 * image sees other means, contrasts and colours in a tile, and a plain tile with few marks is where
 * normalizing makes most of it.
 */
export type Probe = 'colours' | 'one red of cyan' | 'one plain of busy';
export const PROBES: readonly Probe[] = ['colours', 'one red of cyan', 'one plain of busy'];

/** @param parts - side by side, one for each tile */
export function probePicture(
  probe: Probe,
  width: number,
  height: number,
  parts: number,
): PixelSource {
  const data = new Uint8Array(width * height * 4);
  let grain = 1;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const part = Math.floor((x * parts) / width);
      for (let channel = 0; channel < 3; channel++) {
        // A linear congruential generator: the same picture everywhere.
        grain = (Math.imul(grain, 1664525) + 1013904223) >>> 0;
        const value =
          probe === 'one plain of busy' && part !== 1
            ? busy(x, y, channel, grain / 2 ** 32)
            : marked(x, y, channel, groundOf(probe, part));
        data[at++] = clampByte(value);
      }
      data[at++] = 255;
    }
  }
  return { data, width, height };
}

function groundOf(probe: Probe, part: number): Colour {
  if (probe === 'colours') return COLOURS[part % COLOURS.length] as Colour;
  if (probe === 'one plain of busy') return BLUE;
  return part === 1 ? RED : CYAN;
}

const clampByte = (value: number) => Math.max(0, Math.min(255, Math.round(value)));

export interface Difference {
  max: number;
  mean: number;
}

/** How two results of one size differ, in levels of 255; transparency apart. */
export function differenceOf(a: RawImage, b: RawImage): Difference {
  let max = 0;
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) {
    if (i % 4 === 3) continue;
    const difference = Math.abs((a.data[i] as number) - (b.data[i] as number));
    max = Math.max(max, difference);
    sum += difference;
  }
  return { max, mean: sum / (a.width * a.height * 3) };
}

// A picture can be a little harder than the probes.
const MARGIN = 1.25;

/**
 * What tiles that are not exact are said to differ by: a quarter more than the most that was measured,
 * and never less than a level, since any difference can make a value fall on the other side of a tie.
 */
export function worstOf(differences: readonly Difference[]): Difference {
  return {
    max: Math.max(1, Math.ceil(MARGIN * Math.max(...differences.map(({ max }) => max)))),
    mean: Math.max(...differences.map(({ mean }) => mean)),
  };
}

/** The columns of an image from `left` on, so many. */
export function columnsOf(
  { data, width, height }: PixelSource,
  left: number,
  count: number,
): RawImage {
  const cut = new Uint8ClampedArray(count * height * 4);
  for (let y = 0; y < height; y++) {
    const from = (y * width + left) * 4;
    cut.set(data.subarray(from, from + count * 4), y * count * 4);
  }
  return { data: cut, width: count, height };
}

/** A probe that is cut in two ways. */
export interface ProbePlans {
  /** Into tiles side by side, like those of the plan. */
  tiled: TilePlan;
  /** What they are compared with. */
  other: TilePlan;
  /** Columns of the probe that the other one begins after. */
  shift: number;
}

/**
 * Plans for a probe that has seams and is small enough to run in one piece, which its tiles are
 * compared with. Of a network that takes one size only there is no such piece: the same image is
 * then cut elsewhere, half a tile further on.
 */
export function probePlans(plan: TilePlan, facts: TilingFacts): ProbePlans {
  const { overlap } = plan;
  const { sizeMultiple, smallest, tileMemory, fixedWidth } = facts;
  const { tile } = plan.across;
  const least = roundUp(Math.max(LEAST_HEIGHT, 2 * overlap, smallest), sizeMultiple);
  const height = fixedWidth > 0 ? plan.down.tile : Math.min(plan.down.tile, least);
  const step = tile - 2 * overlap;
  const widthOf = (tiles: number) => tiles * step + 2 * overlap;
  const bytes = PROBE_SHARE * tileBudget(facts);
  let tiles = MOST_TILES;
  while (tiles > LEAST_TILES && tileBytes(tileMemory, widthOf(tiles) * height) > bytes) {
    tiles--;
  }
  const width = widthOf(tiles);
  const tiled = rowOfTiles(plan, width, height, tile);
  if (fixedWidth === 0) {
    // What tiles must be extended by and the piece need not be counts as well.
    const ragged = sizeMultiple - facts.wholeMultiple;
    const other = rowOfTiles(plan, width - ragged, height - ragged, width - ragged);
    return { tiled: shortened(tiled, ragged), other, shift: 0 };
  }
  const shift = roundUp(step / 2, sizeMultiple);
  return { tiled, other: rowOfTiles(plan, width - shift, height, tile), shift };
}

function rowOfTiles(plan: TilePlan, width: number, height: number, tile: number): TilePlan {
  const inner = (extent: number) => extent - 2 * plan.frame;
  const { overlap } = plan;
  const count = tile === width ? 1 : Math.ceil((width - 2 * overlap) / (tile - 2 * overlap));
  return {
    ...plan,
    across: { extent: inner(width), padded: width, tile, count },
    down: { extent: inner(height), padded: height, tile: height, count: 1 },
    count,
  };
}

/** The same tiles of an image that ends some pixels earlier. */
function shortened({ across, down, ...plan }: TilePlan, pixels: number): TilePlan {
  return {
    ...plan,
    across: { ...across, extent: across.extent - pixels },
    down: { ...down, extent: down.extent - pixels },
  };
}

/** How a probe's two results differ where both have the same of the image around them. */
export function probeDifference(
  { tiled, shift }: ProbePlans,
  tiledResult: RawImage,
  otherResult: RawImage,
  scale: number,
): Difference {
  if (shift === 0) return differenceOf(tiledResult, otherResult);
  const { overlap, across } = tiled;
  const columns = Math.floor((across.extent - shift - 2 * overlap) * scale);
  const [left, same] = [Math.ceil((shift + overlap) * scale), Math.ceil(overlap * scale)];
  return differenceOf(columnsOf(tiledResult, left, columns), columnsOf(otherResult, same, columns));
}
