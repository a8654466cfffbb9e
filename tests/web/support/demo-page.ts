// The demo page as a visitor has it, in real Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { type StaticServer, serve } from '../../../scripts/lib/serve.mjs';

/** Longer than any run takes on a busy machine. */
const TIMEOUT = 120_000;

/** Serves the demo, which brings its own policy. */
export const serveDemo = (
  options: { isolated?: boolean; onrequest?: (path: string) => void } = {},
): Promise<StaticServer> => serve({ root: DIST, home: '/demo/', ...options });

/** A made picture: a gradient with diagonal lines, different for each size. */
export function makePicture(width: number, height: number): Promise<Buffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const line = (x + 2 * y) % 16 < 3 ? 90 : 0;
      pixels.set([(x * 255) / width, (y * 255) / height, 120 + line], (y * width + x) * 3);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Waits for a finished run that `<body>` describes so; fails at once, with its words, on an error. */
export async function waitForResult(page: Page, attributes: string): Promise<void> {
  const done = `body[data-state=done]${attributes}`;
  await page.waitForSelector(`${done}, body[data-state=error]`, { timeout: TIMEOUT });
  const { state, error } = await page.evaluate(() => ({ ...document.body.dataset }));
  assert.equal(state, 'done', error ?? '');
}

export const waitForState = (page: Page, state: string) =>
  page.waitForSelector(`body[data-state=${state}]`, { timeout: TIMEOUT });

export const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.textContent(selector)) ?? '';

/** Waits for the sample that is enlarged when the page opens. */
export async function waitForSample(page: Page): Promise<void> {
  const file = await readFile(join(DIST, 'demo', 'sample.webp'));
  const { width, height } = await sharp(file).metadata();
  await waitForResult(page, `[data-size="${width * 2}x${height * 2}"]`);
}

/** A page that is open. */
export interface DemoPage {
  page: Page;
  /** Closes it, and fails on anything the console complained about. */
  close(): Promise<void>;
}

/**
 * Opens the page.
 *
 * @param script - runs on it before its own
 */
export async function openDemo(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<DemoPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const complaints: string[] = [];
  // tsx wraps named functions in calls of this helper, also those that run in the page.
  await context.addInitScript(`globalThis.__name = (wrapped) => wrapped; ${script}`);
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  const close = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return { page, close };
}

/** Chooses a file, as from the file dialogue. */
export const pick = (page: Page, name: string, buffer: Buffer, mimeType = 'image/png') =>
  page.setInputFiles('#file', { name, mimeType, buffer });

/** Chooses a network of one's own. */
export const pickNetwork = (page: Page, name: string, buffer: Buffer) =>
  page.setInputFiles('#own-file', { name, mimeType: 'application/octet-stream', buffer });
