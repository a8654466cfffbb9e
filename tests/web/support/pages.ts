// A bare page that has the built library, in real Chromium, with or without cross-origin isolation.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { STRICT_CSP, serve } from '../../../scripts/lib/serve.mjs';
import type * as Tessera from '../../../web/src/index.ts';

declare global {
  interface Window {
    /** The library's exports, on the page that {@link openPage} made. */
    tessera: typeof Tessera;
  }
}

export interface TestPage {
  browser: Browser;
  page: Page;
  /** The server's origin. */
  url: string;
  /** What the page has written to its console as an error, or thrown. */
  complaints: string[];
  close(): Promise<void>;
}

export interface PageOptions {
  /** Whether the page is cross-origin isolated. Default false. */
  isolated?: boolean;
  /** Chromium's flags, beside the usual ones. */
  args?: string[];
  /** A script that runs on the page before all others: it can make the browser another one. */
  init?: string;
  /** Default: the strictest content security policy the library promises to work under. */
  csp?: string | undefined;
  /** Whether other origins may load the files. Default false. */
  cors?: boolean;
  /** JavaScript files that the server has beside the library's, by their paths. */
  scripts?: Record<string, string>;
}

/** Opens a page that has the library. */
export async function openPage(options: PageOptions = {}): Promise<TestPage> {
  const { isolated = false, args = [], init, cors = false, scripts = {} } = options;
  const csp = 'csp' in options ? options.csp : STRICT_CSP;
  const server = await serve({ root: DIST, isolated, cors, csp, scripts });
  const browser = await launchBrowser({ args });
  const page = await browser.newPage();
  // tsx wraps named functions in a call of its helper, which functions sent to the page lack there.
  await page.addInitScript('globalThis.__name = (target) => target');
  if (init !== undefined) await page.addInitScript(init);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  // Headers come from the server even for a missing file, and its 404 page is as bare as it gets.
  await page.goto(`${server.url}/blank`);
  complaints.length = 0;
  await page.evaluate(async () => {
    const library = '/tessera.mjs';
    window.tessera = await import(library);
  });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { browser, page, url: server.url, complaints, close };
}

/** Does something on a page as a visitor has it, and fails with what the page complains of. */
export async function visit(
  browser: Browser,
  url: string,
  action: (page: Page) => Promise<unknown>,
): Promise<void> {
  const page = await browser.newPage();
  // A busy machine is no fault.
  page.setDefaultTimeout(600_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  try {
    await page.goto(url);
    await action(page);
    assert.deepEqual(complaints, []);
  } catch (error) {
    throw new Error(`${complaints.join('; ')}: ${error}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** Runs the same tests on a page without and on one with cross-origin isolation. */
export function describeOnPages(
  title: string,
  define: (opened: () => TestPage, isolated: boolean) => void,
  { args = [] }: Pick<PageOptions, 'args'> = {},
): void {
  for (const isolated of [false, true]) {
    describe(`${title}, ${isolated ? '' : 'not '}cross-origin isolated`, () => {
      let page: TestPage | undefined;
      before(async () => {
        page = await openPage({ isolated, args });
      });
      after(() => page?.close());
      define(() => page as TestPage, isolated);
    });
  }
}

/** Runs `action` on the page and returns the error that it must reject with. */
export function failure(
  { page }: TestPage,
  action: () => Promise<unknown>,
): Promise<{ name: string; code: string; message: string }> {
  return page.evaluate(`(${action})().then(
    () => ({ name: 'none', code: 'none', message: 'it did not fail' }),
    ({ name, code, message }) => ({ name, code, message }))`);
}
