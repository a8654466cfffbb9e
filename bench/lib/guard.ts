// Whether a change made something slower, beyond noise.

import { type Entry, median } from './summary.ts';

/** One round: times of both, measured right after each other. */
export interface Pair {
  base: number;
  work: number;
}

/** Measures both sides, one right after the other; who is first changes from round to round. */
export async function measurePair<T>(
  sides: { base: T; work: T },
  measure: (side: T) => Promise<number>,
  round: number,
): Promise<Pair> {
  if (round % 2 === 0) {
    const base = await measure(sides.base);
    return { base, work: await measure(sides.work) };
  }
  const work = await measure(sides.work);
  return { base: await measure(sides.base), work };
}

export interface Verdict {
  /** The median of the work tree's times by the base's: over 1 where the work tree is slower. */
  ratio: number;
  /** Three of four rounds lie on this side of it or closer to 1. */
  quartile: number;
  /** The work tree's fastest time by the base's. */
  fastest: number;
  slower: boolean;
}

/**
 * Slower is what is slower by more than `tolerance` in the median, and slower at all in three of four
 * rounds: a machine that is busy for some rounds spreads the ratios, but to both sides. Its fastest time
 * must be slower too, since other programs can only slow things down.
 *
 * @throws RangeError without any pair.
 */
export function judge(pairs: readonly Pair[], tolerance: number): Verdict {
  if (pairs.length === 0) throw new RangeError('nothing was measured');
  const found = pairs.map(({ base, work }) => work / base).sort((a, b) => a - b);
  const ratio = median(found);
  const quartile = found[Math.floor(found.length / 4)] as number;
  const least = (side: keyof Pair) => Math.min(...pairs.map((pair) => pair[side]));
  const fastest = least('work') / least('base');
  const slower = ratio > 1 + tolerance && quartile > 1 && fastest > 1;
  return { ratio, quartile, fastest, slower };
}

/** Things of one sort that are measured in pairs. */
export interface Suite {
  /** `kernel` or `tile`. */
  sort: string;
  names: readonly string[];
  /** Pairs of some of them, by name. */
  measure(names: readonly string[]): Promise<ReadonlyMap<string, readonly Pair[]>>;
}

export interface CaseVerdict extends Verdict {
  sort: string;
  name: string;
}

/**
 * Judges everything, and what seems slower once more with pairs of its own, which decide: among many
 * names some are slower by chance, but seldom twice.
 */
export async function judgeSuite(
  { sort, names, measure }: Suite,
  tolerance: number,
): Promise<CaseVerdict[]> {
  const look = async (wanted: readonly string[]) => {
    const pairs = await measure(wanted);
    return wanted.map((name) => ({ sort, name, ...judge(pairs.get(name) ?? [], tolerance) }));
  };
  const first = await look(names);
  const suspects = first.filter(({ slower }) => slower).map(({ name }) => name);
  const second = suspects.length > 0 ? await look(suspects) : [];
  return first.map((verdict) => second.find(({ name }) => name === verdict.name) ?? verdict);
}

/** Our kernels that both programs measure, on layers of the same size. */
export function sharedKernels(base: readonly Entry[], work: readonly Entry[]): Entry[] {
  const sizes = new Map(base.map(({ name, multiplications }) => [name, multiplications]));
  return work.filter(
    ({ who, name, multiplications }) => who === 'tessera' && sizes.get(name) === multiplications,
  );
}
