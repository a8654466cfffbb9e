// Firefox for the benchmarks, driven by WebDriver BiDi. The driver of the browser tests drives a Firefox of
// its own making only, so there is another, installed with the peers.

import { findFirefox } from '../../scripts/lib/firefox.mjs';
import { UserError } from '../../scripts/lib/log.mjs';
import { type DrivenBrowser, type DrivenPage, TSX_HELPER, type Usage } from './driver.ts';
import { cpuSecondsOf, familyOf, peakOf } from './processes.ts';

const PREFERENCES = {
  // Times would be whole milliseconds on pages that are not isolated. Only the clock changes.
  'privacy.reduceTimerPrecision': false,
};

/** The part of the driver that is used here. */
interface Driver {
  launch(options: Record<string, unknown>): Promise<{
    newPage(): Promise<DrivenPage & { evaluateOnNewDocument(script: string): Promise<unknown> }>;
    process(): { pid?: number } | null;
    close(): Promise<void>;
  }>;
}

async function loadDriver(): Promise<Driver> {
  // Not there before the peers are installed, nor then for the type checker.
  const path = '../web/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js';
  const { default: driver } = await import(path);
  return driver;
}

/** As Linux counts it. */
const usageOf = (pid: number): Usage => ({
  cpuSeconds: async () => cpuSecondsOf(familyOf(pid)),
  async peakMemory() {
    const pages = familyOf(pid).filter(({ command }) => / tab$/.test(command));
    return peakOf(pages.map(({ id }) => id));
  },
});

/** Its path. @throws UserError where there is none. */
export function requireFirefox(): string {
  const path = findFirefox();
  if (path !== null) return path;
  throw new UserError('no Firefox was found: run `node scripts/setup.mjs --firefox`');
}

export async function launchFirefox(): Promise<DrivenBrowser> {
  const executablePath = requireFirefox();
  const driver = await loadDriver();
  const browser = await driver.launch({
    ...{ browser: 'firefox', executablePath, headless: true },
    extraPrefsFirefox: PREFERENCES,
    // Whole pictures take minutes in some libraries.
    protocolTimeout: 0,
  });
  return {
    async newPage() {
      const page = await browser.newPage();
      await page.evaluateOnNewDocument(TSX_HELPER);
      return page;
    },
    usage: usageOf(browser.process()?.pid ?? 0),
    close: () => browser.close(),
  };
}
