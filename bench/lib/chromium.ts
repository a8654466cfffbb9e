// Chromium for the benchmarks.

import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { type DrivenBrowser, type DrivenPage, TSX_HELPER, type Usage } from './driver.ts';
import { HeapWatch } from './heaps.ts';
import { peakOf } from './processes.ts';

// What V8 calls the dot products of AVX.
const NO_VNNI = '--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8';

interface ProcessInfo {
  type: string;
  id: number;
  cpuTime: number;
}

async function processesOf(browser: Browser): Promise<ProcessInfo[]> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo;
  } finally {
    await session.detach();
  }
}

/** As the browser counts it. */
const usageOf = (browser: Browser): Usage => ({
  async cpuSeconds() {
    return (await processesOf(browser)).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  },
  async peakMemory() {
    const renderers = (await processesOf(browser)).filter(({ type }) => type === 'renderer');
    return peakOf(renderers.map(({ id }) => id));
  },
});

/** `vnni` false hides the dot products of AVX-VNNI, as on x86 machines from before 2021. */
export async function launchChromium(vnni: boolean): Promise<DrivenBrowser> {
  const browser = await launchBrowser({ args: vnni ? [] : [NO_VNNI] });
  const context = await browser.newContext();
  await context.addInitScript(TSX_HELPER);
  return {
    newPage: () => context.newPage() as Promise<DrivenPage>,
    usage: usageOf(browser),
    // Its pages are those of the driver.
    watchHeaps: (page) => HeapWatch.begin(page as unknown as Page),
    close: () => browser.close(),
  };
}
