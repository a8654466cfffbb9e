/** A picture to measure seams on, and the measure. */
import type { PixelSource, RawImage } from '../types.js';
import { roundUp, type TilingFacts } from './overlap.js';
import type { TilePlan } from './plan.js';

// Enough above and below for what a row depends on nearby; more only takes longer.
const LEAST_HEIGHT = 48;

/**
 * Slopes, edges, stripes and grain, dark and reddish on the left, bright and bluish on the right: a
 * network that looks at the whole image sees something else in each half.
 */
export function probePicture(width: number, height: number): PixelSource {
  const data = new Uint8Array(width * height * 4);
  let grain = 1;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // A linear congruential generator: the same picture everywhere.
      grain = (Math.imul(grain, 1664525) + 1013904223) >>> 0;
      const right = x / width;
      const stripes = (x + y) % 16 < 8 ? 24 : -24;
      const waves = 30 * Math.sin(x / 3 + y / 7);
      const block = (Math.floor(x / 23) + Math.floor(y / 17)) % 3 === 0 ? 40 : 0;
      const light = 40 + 140 * right + stripes + waves + block + (grain >>> 28);
      data[at++] = clampByte(light + 40 * (1 - right));
      data[at++] = clampByte(light);
      data[at++] = clampByte(light + 40 * right);
      data[at++] = 255;
    }
  }
  return { data, width, height };
}

const clampByte = (value: number) => Math.max(0, Math.min(255, Math.round(value)));

/** How two results of one size differ, in levels of 255; transparency apart. */
export function differenceOf(a: RawImage, b: RawImage): { max: number; mean: number } {
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

/**
 * The plan for a probe: an image that is cut into two tiles, side by side, like those of a plan, so
 * that it has a seam and yet is small enough to run in one piece.
 *
 * @param tiles - 2, or 1 for the same image in one piece
 */
export function probePlan(plan: TilePlan, facts: TilingFacts, tiles: 1 | 2): TilePlan {
  const { overlap, margin } = plan;
  const { sizeMultiple, smallest } = facts;
  const least = Math.max(LEAST_HEIGHT, 2 * overlap, smallest);
  const width = 2 * (plan.across.tile - overlap);
  const height = Math.min(plan.down.tile, roundUp(least, sizeMultiple));
  const across = tiles === 1 ? width : plan.across.tile;
  return {
    ...plan,
    across: { extent: width - 2 * margin, padded: width, tile: across, count: tiles },
    down: { extent: height - 2 * margin, padded: height, tile: height, count: 1 },
    count: tiles,
  };
}
