// The machine's peak, measured beside everything else.

import type { BenchModule } from './bench-module.ts';
import type { BenchPage } from './bench-page.ts';
import { SampleBook } from './rounds.ts';
import { type Entry, type PeakReport, summarisePeaks } from './summary.ts';

const PEAK_SECONDS = 0.05;

/** The peaks of one kind of machine code, gathered over the whole run. */
export class PeakMeter {
  readonly #module: BenchModule;
  readonly #entries: Entry[];
  readonly #book = new SampleBook();

  private constructor(module: BenchModule, entries: Entry[]) {
    this.#module = module;
    this.#entries = entries.filter(({ who }) => who === 'peak');
  }

  static async open(page: BenchPage, preset: string): Promise<PeakMeter> {
    const module = await page.openModule(preset);
    const meter = new PeakMeter(module, await module.list());
    // Compiles it well; counts no less than the others do.
    await meter.measure();
    return meter;
  }

  async measure(): Promise<void> {
    for (const { name } of this.#entries) {
      const { seconds } = await this.#module.measure(name, PEAK_SECONDS);
      this.#book.add(name, seconds);
    }
  }

  report(): PeakReport {
    return summarisePeaks(this.#entries, this.#book.samples);
  }
}
