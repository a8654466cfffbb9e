// Chromium for the benchmarks.

import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { type DrivenBrowser, type DrivenPage, TSX_HELPER, type Usage } from './driver.ts';
import { HeapWatch } from './heaps.ts';
import { peakOf } from './processes.ts';

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

/** @param v8 - its flags, as v8-flags.ts gives them */
export async function launchChromium(v8: string): Promise<DrivenBrowser> {
  const browser = await launchBrowser({ args: v8 === '' ? [] : [`--js-flags=${v8}`] });
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
