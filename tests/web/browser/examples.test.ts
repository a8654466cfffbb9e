// Each example does what its page says.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { createServer, type ViteDevServer } from 'vite';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { visit } from '../support/pages.ts';

const EXAMPLES = join(ROOT, 'examples');
const PHOTO = join(EXAMPLES, 'photo.webp');
// The picture's size, twice as large.
const LARGE = { width: 432, height: 324 };

let server: ViteDevServer;
let browser: Browser;
let url: string;

before(async () => {
  const configFile = join(EXAMPLES, 'vite.config.ts');
  server = await createServer({ configFile, logLevel: 'error', server: { port: 0 } });
  await server.listen();
  url = server.resolvedUrls?.local[0] as string;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Tests one page; it must not complain. */
function testPage(name: string, check: (page: Page) => Promise<void>): void {
  test(name, () => visit(browser, `${url}${name}/`, check));
}

/** Waits for a canvas of that size, all of which is drawn on. */
async function expectCanvas(page: Page, { width, height } = LARGE): Promise<void> {
  await page.waitForFunction(
    ([w, h]) => {
      const canvas = document.querySelector('canvas');
      if (canvas?.width !== w || canvas.height !== h) return false;
      const copy = new OffscreenCanvas(w, h).getContext('2d');
      copy?.drawImage(canvas, 0, 0);
      const pixels = copy?.getImageData(0, 0, w, h).data ?? [];
      for (let alpha = 3; alpha < pixels.length; alpha += 4)
        if (pixels[alpha] !== 255) return false;
      return true;
    },
    [width, height] as const,
    { polling: 100 },
  );
}

testPage('images', async (page) => {
  await page.waitForFunction(() =>
    [...document.images].every((image) => image.currentSrc.startsWith('blob:') && image.complete),
  );
  const sizes = await page.evaluate(() =>
    [...document.images].map(({ width, naturalWidth }) => [width, naturalWidth]),
  );
  // They take the room that they had; of twice the density, an image counts as wide as before.
  assert.deepEqual(sizes, [
    [216, 216],
    [108, 216],
  ]);
});

testPage('canvas', async (page) => {
  await page.setInputFiles('#file', PHOTO);
  await expectCanvas(page);
  await page.waitForSelector('#save:not([hidden])');
  assert.equal(await page.evaluate(() => document.querySelector('progress')?.value), 1);
});

testPage('worker', (page) => expectCanvas(page));

testPage('service-worker', async (page) => {
  const isLarge = (width: number) => document.querySelector('img')?.naturalWidth === width;
  await page.waitForFunction(isLarge, LARGE.width);
  // Kept: the second time, nobody upscales.
  const kept = await page.evaluate(async () => {
    const cache = await caches.open('upscaled');
    return (await cache.keys()).map(({ url }) => new URL(url).search);
  });
  assert.deepEqual(kept, ['?upscale']);
});

for (const name of ['react', 'vue']) testPage(name, (page) => expectCanvas(page));

testPage('own-network', async (page) => {
  await page.setInputFiles('#file', join(ROOT, 'models', 'photo-x3-tiny.onnx'));
  await expectCanvas(page, { width: 648, height: 486 });
  assert.match((await page.textContent('#facts')) ?? '', /scale 3, 3 channels\ntiles are exact/);
  await page.setInputFiles('#file', PHOTO);
  await page.waitForFunction(() => document.body.textContent.includes('ERR_MODEL_FORMAT: '));
});

test('node-batch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-batch-'));
  try {
    const from = join(folder, 'from');
    await mkdir(from);
    await sharp(PHOTO).toFile(join(from, 'one.jpg'));
    await sharp(PHOTO).resize(64).toFile(join(from, 'two.png'));
    const program = join(EXAMPLES, 'node-batch', 'batch.mjs');
    await run(process.execPath, [program, from, join(folder, 'to')]);
    const { width, height } = await sharp(join(folder, 'to', 'one.png')).metadata();
    assert.deepEqual({ width, height }, LARGE);
    assert.equal((await sharp(join(folder, 'to', 'two.png')).metadata()).width, 128);
  } finally {
    await rm(folder, { recursive: true });
  }
});
