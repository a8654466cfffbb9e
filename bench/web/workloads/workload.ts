// What all workloads have in common.

import { log } from '../../../scripts/lib/log.mjs';
import type { BrowserName } from '../../lib/driver.ts';
import type { Row } from '../../lib/results.ts';
import type { Kind, Subject } from '../subjects/subject.ts';

/** What the command line asks for. */
export interface Choices {
  browsers: readonly BrowserName[];
  nets: readonly string[];
  subjects: readonly Subject[];
  /** Undefined: what is usual for the workload. */
  threads: readonly number[] | undefined;
  rounds: number;
  /** Least milliseconds of one measurement. */
  ms: number;
  /** Megapixels of whole pictures; undefined: what is usual for the workload. */
  megapixels: readonly number[] | undefined;
  /** A folder of photos, for workloads that measure quality. */
  data: string | undefined;
  /** Isolated pages too, where they are not needed. */
  isolated: boolean;
  /** Chromium's flags for V8, and the two options that say them. */
  v8: string;
  vnniHidden: boolean;
  jsFlags: string;
  /** Told of each measurement that failed, which the results then lack. */
  onfailure(message: string): void;
}

/**
 * How far results may lie from the float reference, on average over all bytes. Floats differ by the
 * order of additions; codes by their rounding, each library's in its own places.
 */
export const allowedDifference = (kind: string): number => (kind.startsWith('float') ? 0.51 : 4);

export interface Workload {
  name: string;
  /** One line for the help text. */
  about: string;
  /** Whether the machine's peak should be measured before and after. */
  wantsPeak: boolean;
  /** Whether it needs a folder of photos. */
  wantsData?: true;
  run(choices: Choices): Promise<Row[]>;
}

/** How contestants are measured in turns. */
export interface Turns<T> {
  /** Of the rounds, in the log. */
  title: string;
  measure(contestant: T): Promise<void>;
  nameOf(contestant: T): string;
}

/** Everyone takes turns, and whoever fails drops out while the rest goes on. Returns who is left. */
export async function takeTurns<T>(
  contestants: readonly T[],
  { rounds, onfailure }: Choices,
  { title, measure, nameOf }: Turns<T>,
): Promise<readonly T[]> {
  let left = contestants;
  for (let round = 1; round <= rounds; round++) {
    log(`${title}: round ${round} of ${rounds}`);
    for (const contestant of left) {
      try {
        await measure(contestant);
      } catch (error) {
        left = left.filter((each) => each !== contestant);
        onfailure(`${nameOf(contestant)}: ${String(error).split('\n', 2).join(' ')}`);
      }
    }
  }
  return left;
}

/** Threads with shared memory need isolation; everything else also runs without. */
export function isolations(
  kind: Pick<Kind, 'needsIsolation'>,
  threads: number,
  both: boolean,
): boolean[] {
  if (threads > 1 && kind.needsIsolation) return [true];
  return both ? [false, true] : [false];
}

// A browser that has just started, or ended, still keeps the machine busy.
const SETTLE_MS = 500;

export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, SETTLE_MS);
  });
