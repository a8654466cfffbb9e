// What all workloads have in common.

import type { Row } from '../../lib/results.ts';
import type { Subject } from '../subjects/subject.ts';

/** What the command line asks for. */
export interface Choices {
  nets: readonly string[];
  subjects: readonly Subject[];
  threads: readonly number[];
  rounds: number;
  /** Least milliseconds of one measurement. */
  ms: number;
  /** Megapixels of whole pictures. */
  megapixels: readonly number[];
  /** Also with one thread on isolated pages. */
  isolated: boolean;
  /** False hides AVX-VNNI. */
  vnni: boolean;
}

export interface Workload {
  name: string;
  /** One line for the help text. */
  about: string;
  /** Whether the machine's peak should be measured before and after. */
  wantsPeak: boolean;
  run(choices: Choices): Promise<Row[]>;
}

// A browser that has just started, or ended, still keeps the machine busy.
const SETTLE_MS = 500;

export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, SETTLE_MS);
  });
