// Whether a change made something slower, beyond noise.

import { median } from './summary.ts';

/** One round: milliseconds of both, measured right after each other. */
export interface Pair {
  base: number;
  work: number;
}

export interface Verdict {
  /** The median of the work tree's times by the base's: over 1 where the work tree is slower. */
  ratio: number;
  /** Three of four rounds lie on this side of it or closer to 1. */
  quartile: number;
  slower: boolean;
}

/**
 * Slower is what is slower by more than `tolerance` in the median, and slower at all in three of four
 * rounds: a machine that is busy for some rounds spreads the ratios, but to both sides.
 *
 * @throws RangeError without any pair.
 */
export function judge(pairs: readonly Pair[], tolerance: number): Verdict {
  if (pairs.length === 0) throw new RangeError('nothing was measured');
  const found = pairs.map(({ base, work }) => work / base).sort((a, b) => a - b);
  const ratio = median(found);
  const quartile = found[Math.floor(found.length / 4)] as number;
  return { ratio, quartile, slower: ratio > 1 + tolerance && quartile > 1 };
}
