// A page in a headless browser that serves the whole repository, and benchmark modules on it.

import { ROOT } from '../../scripts/lib/paths.mjs';
import { serve } from '../../scripts/lib/serve.mjs';
import type { BenchModule, Measurement } from './bench-module.ts';
import { launchChromium } from './chromium.ts';
import type { BrowserName, DrivenBrowser, DrivenPage, Usage, Watch } from './driver.ts';
import { launchFirefox } from './firefox.ts';
import type { Entry } from './summary.ts';

export interface BenchPage {
  page: DrivenPage;
  userAgent: string;
  usage: Usage;
  /** Undefined where the browser tells no heaps. Begin before anything is loaded. */
  watchHeaps(): Promise<Watch | undefined>;
  /** Starts build/<preset>/tessera_bench in a worker of the page; of this checkout, or of one inside it. */
  openModule(preset: string, checkout?: string): Promise<BenchModule>;
  close(): Promise<void>;
}

export interface BenchPageOptions {
  /** Makes the page cross-origin isolated, which also makes its clock finer: 5 instead of 100 us. */
  isolated: boolean;
  /** Chromium unless another is named. */
  browser?: BrowserName;
  /** Chromium's flags for V8, as v8-flags.ts gives them. */
  v8?: string;
}

/** Starts a headless browser with a profile of its own. Close it. */
export const launch = (browser: BrowserName = 'chromium', v8 = ''): Promise<DrivenBrowser> =>
  browser === 'firefox' ? launchFirefox() : launchChromium(v8);

/** Opens the page. Close it. */
export async function openBenchPage(options: BenchPageOptions): Promise<BenchPage> {
  const browser = await launch(options.browser, options.v8);
  const server = await serve({ root: ROOT, isolated: options.isolated });
  const page = await browser.newPage();
  await page.goto(`${server.url}/blank`);
  return {
    page,
    userAgent: await page.evaluate(() => navigator.userAgent),
    usage: browser.usage,
    watchHeaps: async () => browser.watchHeaps?.(page),
    openModule: (preset, checkout = '') =>
      openModule(page, `${checkout}/build/${preset}/tessera_bench.mjs`),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

async function openModule(page: DrivenPage, address: string): Promise<BenchModule> {
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
