// Single kernels of the work tree and of the base: both programs on one page, call by call in turns.

import { log, UserError } from '../../scripts/lib/log.mjs';
import type { BenchModule } from '../lib/bench-module.ts';
import { openBenchPage } from '../lib/bench-page.ts';
import { measurePair, type Pair, type Suite, sharedKernels } from '../lib/guard.ts';
import type { Entry } from '../lib/summary.ts';
import { PRESET } from './base.ts';

/** Where browsers put code and data differs from page to page and can favour one side: no page decides alone. */
const ROUNDS_PER_PAGE = 5;

export interface KernelChoices {
  /** Addresses of both checkouts on the server. */
  checkouts: { base: string; work: string };
  filter: RegExp;
  rounds: number;
  /** Least seconds of one measurement. */
  seconds: number;
}

interface Modules {
  base: BenchModule;
  work: BenchModule;
  /** What both have. */
  shared: Entry[];
}

/** Runs `body` with both programs on a page of its own. */
async function withModules<T>(
  checkouts: KernelChoices['checkouts'],
  body: (modules: Modules) => Promise<T>,
): Promise<T> {
  // Isolated for the finer clock alone.
  const page = await openBenchPage({ isolated: true });
  try {
    const base = await page.openModule(PRESET, checkouts.base);
    const work = await page.openModule(PRESET, checkouts.work);
    // A program measures nothing before it has been asked what it has.
    const shared = sharedKernels(await base.list(), await work.list());
    return await body({ base, work, shared });
  } finally {
    await page.close();
  }
}

/** Seconds of one iteration. @throws Error where there are no numbers. */
async function measureOne(module: BenchModule, name: string, seconds: number): Promise<number> {
  const measurement = await module.measure(name, seconds);
  if (measurement.error !== '') throw new Error(measurement.error);
  return measurement.seconds;
}

/** Some rounds on one page; before them one that does not count, in which the browser compiles. */
async function measurePage(
  modules: Modules,
  pairs: Map<string, Pair[]>,
  { seconds, from, to }: { seconds: number; from: number; to: number },
): Promise<void> {
  for (let round = from - 1; round < to; round++) {
    for (const [name, found] of pairs) {
      const pair = await measurePair(modules, (side) => measureOne(side, name, seconds), round);
      if (round >= from) found.push(pair);
    }
  }
}

function select(entries: readonly Entry[], filter: RegExp): string[] {
  const selected = entries.filter(({ layer }) => filter.test(layer));
  if (selected.length > 0) return selected.map(({ name }) => name);
  const layers = entries.map(({ layer }) => layer);
  throw new UserError(`--filter matches none of: ${layers.join(', ')}`);
}

export async function openKernelSuite(choices: KernelChoices): Promise<Suite> {
  const { checkouts, filter, rounds, seconds } = choices;
  const entries = await withModules(checkouts, async ({ shared }) => shared);
  return {
    sort: 'kernel',
    names: select(entries, filter),
    async measure(wanted) {
      const pairs = new Map(wanted.map((name): [string, Pair[]] => [name, []]));
      for (let from = 0; from < rounds; from += ROUNDS_PER_PAGE) {
        const to = Math.min(from + ROUNDS_PER_PAGE, rounds);
        await withModules(checkouts, (modules) =>
          measurePage(modules, pairs, { seconds, from, to }),
        );
        log(`kernels: ${to} of ${rounds} pairs`);
      }
      return pairs;
    },
  };
}
