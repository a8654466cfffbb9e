// A page in headless Chromium that serves the whole repository, and benchmark modules on it.

import type { Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { serve } from '../../scripts/lib/serve.mjs';
import type { BenchModule, Measurement } from './bench-module.ts';
import type { Entry } from './summary.ts';

export interface BenchPage {
  page: Page;
  userAgent: string;
  /** Starts build/<preset>/tessera_bench in a worker of the page; of this checkout, or of one inside it. */
  openModule(preset: string, checkout?: string): Promise<BenchModule>;
  close(): Promise<void>;
}

export interface BenchPageOptions {
  /** Makes the page cross-origin isolated, which also makes its clock finer: 5 instead of 100 us. */
  isolated: boolean;
  /** False hides AVX-VNNI's dot products, as on x86 machines from before 2021. */
  vnni?: boolean;
}

// What V8 calls the dot products of AVX.
const NO_VNNI = '--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8';

/** Opens the page. Close it. */
export async function openBenchPage({
  isolated,
  vnni = true,
}: BenchPageOptions): Promise<BenchPage> {
  const server = await serve({ root: ROOT, isolated });
  const browser = await launchBrowser({ args: vnni ? [] : [NO_VNNI] });
  const page = await browser.newPage();
  // tsx wraps named functions in a call of its helper, which functions sent to the page lack there.
  await page.addInitScript('globalThis.__name = (target) => target');
  await page.goto(`${server.url}/blank`);
  return {
    page,
    userAgent: await page.evaluate(() => navigator.userAgent),
    openModule: (preset, checkout = '') =>
      openModule(page, `${checkout}/build/${preset}/tessera_bench.mjs`),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

async function openModule(page: Page, address: string): Promise<BenchModule> {
  const ask = await page.evaluateHandle(async (module) => {
    const client = '/bench/web/page/bench-client.mjs';
    const { startBench } = await import(client);
    return startBench(module);
  }, address);
  return {
    list: () => ask.evaluate((asking): Promise<Entry[]> => asking('list')),
    measure: (name, seconds) =>
      ask.evaluate((asking, request): Promise<Measurement> => asking('measure', ...request), [
        name,
        seconds,
      ] as const),
    close: async () => {},
  };
}
