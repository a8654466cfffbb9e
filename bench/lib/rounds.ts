// Taking turns: everything that is compared runs once per round, so that a machine that becomes
// slower or faster does so for all of it.

import type { BenchModule } from './bench-module.ts';
import type { Entry } from './summary.ts';

/** Measurements by name, in the order they were made. */
export class SampleBook {
  readonly #samples = new Map<string, number[]>();

  add(name: string, value: number): void {
    const known = this.#samples.get(name);
    if (known === undefined) this.#samples.set(name, [value]);
    else known.push(value);
  }

  get samples(): ReadonlyMap<string, readonly number[]> {
    return this.#samples;
  }
}

/** Layers between two measurements of the peaks. */
const LAYERS_PER_PEAK = 4;

/** The order of one round: the peaks come first, last, and every few layers. */
export function planRound(entries: readonly Entry[]): Entry[] {
  const peaks = entries.filter(({ who }) => who === 'peak');
  const layers = [...new Set(entries.map(({ layer }) => layer))].filter(Boolean);
  const plan: Entry[] = [];
  layers.forEach((layer, index) => {
    if (index % LAYERS_PER_PEAK === 0) plan.push(...peaks);
    plan.push(...entries.filter((entry) => entry.layer === layer));
  });
  return [...plan, ...peaks];
}

/**
 * Measures a round after a round. The first, in which the browser is still compiling, does not
 * count. Entries that cannot run are left out of the result; `onerror` hears of them.
 */
export async function measureRounds(
  module: BenchModule,
  entries: readonly Entry[],
  { rounds, seconds }: { rounds: number; seconds: number },
  { onround, onerror }: { onround(round: number): void; onerror(name: string, why: string): void },
): Promise<SampleBook> {
  const book = new SampleBook();
  const failed = new Set<string>();
  const plan = planRound(entries);
  for (let round = 0; round <= rounds; round++) {
    onround(round);
    for (const { name } of plan) {
      if (failed.has(name)) continue;
      const measurement = await module.measure(name, seconds);
      if (measurement.error !== '') {
        failed.add(name);
        onerror(name, measurement.error);
      } else if (round > 0) {
        book.add(name, measurement.seconds);
      }
    }
  }
  return book;
}
