// A bare page beside the built library, in headless Chromium.

import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { DIST } from '../../scripts/lib/paths.mjs';
import { serve } from '../../scripts/lib/serve.mjs';

/**
 * Opens the page, and closes browser and server when the action has ended.
 *
 * @template T
 * @param {{ isolated?: boolean, scripts?: Record<string, string> }} options of the server
 * @param {(page: import('playwright-core').Page) => Promise<T>} action
 * @returns {Promise<T>} what the action gives
 */
export async function onLibraryPage(options, action) {
  const server = await serve({ root: DIST, ...options });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    // tsx wraps named functions in a call of its helper, which functions sent to the page lack there.
    await page.addInitScript('globalThis.__name = (target) => target');
    await page.goto(`${server.url}/blank`);
    return await action(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
