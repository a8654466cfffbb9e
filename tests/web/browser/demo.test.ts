// The demo page, used as a visitor would: by pointer, keyboard, drop, paste, on a desk and on a
// phone.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { STRICT_CSP, type StaticServer, serve } from '../../../scripts/lib/serve.mjs';
import { conv } from '../support/layers.ts';
import { OnnxBuilder, tensor } from '../support/onnx-builder.ts';
import { Random } from '../support/random.ts';

const DIST = new URL('../../../dist/', import.meta.url).pathname;
const TIMEOUT = 120_000;

let browser: Browser;
let plain: StaticServer;
let isolated: StaticServer;

before(async () => {
  plain = await serve({ root: DIST, csp: STRICT_CSP, home: '/demo/' });
  isolated = await serve({ root: DIST, csp: STRICT_CSP, home: '/demo/', isolated: true });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await plain?.close();
  await isolated?.close();
});

/** A made picture: a gradient with diagonal lines, different for each size. */
function makePicture(width: number, height: number): Promise<Buffer> {
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
async function waitForResult(page: Page, attributes: string): Promise<void> {
  const done = `body[data-state=done]${attributes}`;
  await page.waitForSelector(`${done}, body[data-state=error]`, { timeout: TIMEOUT });
  const { state, error } = await page.evaluate(() => ({ ...document.body.dataset }));
  assert.equal(state, 'done', error ?? '');
}

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.textContent(selector)) ?? '';

const waitForState = (page: Page, state: string) =>
  page.waitForSelector(`body[data-state=${state}]`, { timeout: TIMEOUT });

/**
 * Opens the page, waits for the sample, runs `body`, and fails on anything the console complained
 * about.
 */
async function onPage(
  body: (page: Page) => Promise<void>,
  { server = plain, ...options }: BrowserContextOptions & { server?: StaticServer } = {},
): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const complaints: string[] = [];
  try {
    // tsx wraps named functions in calls of this helper, also those that run in the page.
    await context.addInitScript('globalThis.__name = (wrapped) => wrapped');
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);
    await waitForResult(page, `[data-size="${await sampleResultSize()}"]`);
    await body(page);
  } finally {
    await context.close();
  }
  assert.deepEqual(complaints, []);
}

async function sampleResultSize(): Promise<string> {
  const { width, height } = await sharp(await readFile(`${DIST}demo/sample.webp`)).metadata();
  return `${width * 2}x${height * 2}`;
}

const pick = (page: Page, name: string, buffer: Buffer, mimeType = 'image/png') =>
  page.setInputFiles('#file', { name, mimeType, buffer });

/** Dispatches a drop or a paste that carries a file, as the browser would. */
function bring(page: Page, kind: 'drop' | 'paste', bytes: Buffer): Promise<void> {
  return page.evaluate(
    ([how, base64]) => {
      const data = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      data.items.add(new File([content], 'brought.png', { type: 'image/png' }));
      const common = { bubbles: true, cancelable: true };
      if (how === 'paste') {
        dispatchEvent(new ClipboardEvent('paste', { ...common, clipboardData: data }));
        return;
      }
      for (const type of ['dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { ...common, dataTransfer: data }));
      }
    },
    [kind, bytes.toString('base64')] as const,
  );
}

describe('demo page', { timeout: 10 * TIMEOUT }, () => {
  test('upscales its sample at once and says how', () =>
    onPage(async (page) => {
      assert.match(await textOf(page, '#status'), /^Enlarged 2× in [\d.]+ s\.$/);
      assert.match(await textOf(page, '#fact-time'), /^[\d.]+ s$/);
      assert.match(await textOf(page, '#fact-speed'), /^[\d.]+ MP\/s$/);
      assert.match(await textOf(page, '#fact-model'), /^photo-x2-small: .+ parameters, .+ KB$/);
      assert.match(await textOf(page, '#fact-variant'), /^(relaxed|simd): ./);
      assert.match(await textOf(page, '#fact-workers'), /^\d+ workers?$/);
      assert.match(await textOf(page, '#isolation'), /COOP and COEP/);
      assert.equal(await page.locator('#variant option[value=relaxed-mt]').isDisabled(), true);
      assert.equal(await page.locator('#error').isHidden(), true);
    }));

  test('takes a network of its visitor: one of scale 1 repairs, and the line stands in the middle', () =>
    onPage(async (page) => {
      const b = new OnnxBuilder();
      const random = new Random(5);
      const noise = conv(b, random, conv(b, random, b.input, 3, 6), 6, 3);
      const repaired = b.node('Add', [b.input, b.node('Mul', [noise, tensor([], [0.05])])]);
      const network = Buffer.from(b.build(repaired));
      await pick(page, 'picture.png', await makePicture(50, 40));
      await waitForResult(page, '[data-size="100x80"]');
      await pick(page, 'denoise.onnx', network, 'application/octet-stream');
      await waitForResult(page, '[data-size="50x40"]');
      assert.match(await textOf(page, '#status'), /^Repaired in [\d.]+ s\.$/);
      assert.equal(await textOf(page, '#network option:checked'), 'denoise.onnx');
      assert.equal(await page.inputValue('#split'), '50');
      const sizes = await page.evaluate(() =>
        ['before', 'after'].map((id) => {
          const canvas = document.getElementById(id) as HTMLCanvasElement;
          const shown = canvas.getBoundingClientRect();
          return [canvas.width, canvas.height, shown.width, shown.height];
        }),
      );
      assert.deepEqual(sizes[0], sizes[1]);
      assert.deepEqual(sizes[0]?.slice(0, 2), [50, 40]);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
      assert.equal(download.suggestedFilename(), 'picture-repaired.png');
    }));

  test('takes a picked, a dropped and a pasted picture', () =>
    onPage(async (page) => {
      await pick(page, 'picked.png', await makePicture(40, 30));
      await waitForResult(page, '[data-size="80x60"]');
      await bring(page, 'drop', await makePicture(41, 31));
      await waitForResult(page, '[data-size="82x62"]');
      await bring(page, 'paste', await makePicture(42, 32));
      await waitForResult(page, '[data-size="84x64"]');
    }));

  test('offers all shipped networks, and runs the one that is chosen', () =>
    onPage(async (page) => {
      const offered = await page
        .locator('#network option')
        .evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value));
      const { aliases: _, ...models } = JSON.parse(
        await readFile(join(ROOT, 'models', 'manifest.json'), 'utf8'),
      );
      assert.equal(offered[0], 'photo-x2-small');
      assert.deepEqual([...offered].sort(), Object.keys(models).sort());
      await pick(page, 'picked.png', await makePicture(40, 30));
      await waitForResult(page, '[data-size="80x60"]');
      await page.selectOption('#network', 'photo-x3-tiny');
      await waitForResult(page, '[data-size="120x90"][data-model="photo-x3-tiny"]');
      assert.match(await textOf(page, '#status'), /^Enlarged 3× in /);
    }));

  test('says in words what is wrong with a file, and goes on working', () =>
    onPage(async (page) => {
      await pick(page, 'notes.txt', Buffer.from('no picture'), 'text/plain');
      await waitForState(page, 'error');
      const alert = page.getByRole('alert');
      assert.match((await alert.textContent()) ?? '', /“notes\.txt” is not a picture.*Try a PNG/);
      await pick(page, 'good.png', await makePicture(30, 30));
      await waitForResult(page, '[data-size="60x60"]');
      assert.equal(await page.locator('#error').isHidden(), true);
    }));

  test('cancels a run at once, and can start it again', () =>
    onPage(async (page) => {
      await pick(page, 'large.png', await makePicture(2000, 1500));
      await waitForState(page, 'running');
      await page.waitForFunction(
        () => (document.getElementById('progress') as HTMLProgressElement).value > 0,
      );
      const begun = performance.now();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await waitForState(page, 'cancelled');
      assert.ok(performance.now() - begun < 5000, 'cancelling waits for nothing');
      await page.getByRole('button', { name: 'Try again' }).click();
      await waitForState(page, 'running');
      // A new picture replaces the run.
      await pick(page, 'small.png', await makePicture(50, 40));
      await waitForResult(page, '[data-size="100x80"]');
    }));

  test('asks before a very large run', () =>
    onPage(async (page) => {
      const large = sharp({
        create: { width: 4200, height: 3200, channels: 3, background: '#456' },
      });
      await pick(page, 'huge.png', await large.png({ compressionLevel: 1 }).toBuffer());
      await waitForState(page, 'asking');
      assert.match(
        await textOf(page, '#status'),
        /53\.8 megapixels.*[\d.]+ (MB|GB) of memory and about/,
      );
      await page.getByRole('button', { name: 'Cancel' }).click();
      await waitForState(page, 'cancelled');
    }));

  test('moves the dividing line by keyboard and by pointer', () =>
    onPage(async (page) => {
      const slider = page.getByRole('slider', { name: /before and after/ });
      const cut = () =>
        page.evaluate(() => getComputedStyle(document.getElementById('after') as Element).clipPath);
      await page.locator('input[name=zoom][value=fit]').focus();
      await page.keyboard.press('Tab');
      assert.equal(await slider.evaluate((element) => element === document.activeElement), true);
      const middle = await cut();
      await page.keyboard.press('ArrowRight');
      assert.equal(await slider.inputValue(), '51');
      assert.notEqual(await cut(), middle);
      await page.keyboard.press('End');
      assert.equal(await slider.getAttribute('aria-valuetext'), '100% before, 0% after');
      await page.keyboard.press('Home');
      assert.equal(await slider.inputValue(), '0');

      const box = await page.locator('#viewport').boundingBox();
      assert.ok(box);
      await page.mouse.move(box.x + 1, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.25, box.y + 20, { steps: 4 });
      await page.mouse.up();
      assert.equal(await slider.inputValue(), '25');
    }));

  test('magnifies, and then scrolls', () =>
    onPage(async (page) => {
      await page.getByText('4:1').click();
      const view = page.getByRole('region', { name: 'Before and after' });
      await view.focus();
      const left = () => view.evaluate((element) => element.scrollLeft);
      const before = await left();
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(
        (x) => (document.getElementById('viewport') as HTMLElement).scrollLeft > x,
        before,
      );
      await page.getByText('Fit', { exact: true }).click();
      assert.equal(await left(), 0);
    }));

  test('saves the result', () =>
    onPage(async (page) => {
      await pick(page, 'my picture.v2.png', await makePicture(64, 48));
      await waitForResult(page, '[data-size="128x96"]');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as PNG' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), 'my picture.v2-enlarged.png');
      const saved = sharp(await readFile(await download.path()));
      const { data, info } = await saved.raw().toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [128, 96]);
      const shown = await page.evaluate(() => {
        const canvas = document.getElementById('after') as HTMLCanvasElement;
        return [...(canvas.getContext('2d')?.getImageData(0, 0, 128, 96).data ?? [])];
      });
      assert.deepEqual(await saved.ensureAlpha().raw().toBuffer(), Buffer.from(shown));
      assert.ok(new Set(data).size > 32, 'the result is a picture');
    }));

  test('starts anew when the settings change', () =>
    onPage(async (page) => {
      await page.getByLabel('Workers').selectOption('1');
      await waitForResult(page, '[data-workers="1"]');
      await page.getByLabel('Variant').selectOption('simd');
      await waitForResult(page, '[data-variant=simd]');
    }));

  test('offers threads on a page that is cross-origin isolated', () =>
    onPage(
      async (page) => {
        assert.match(await textOf(page, '#isolation'), /is cross-origin isolated/);
        await page.getByLabel('Variant').selectOption('simd-mt');
        await waitForResult(page, '[data-variant=simd-mt]');
      },
      { server: isolated },
    ));

  test('fits a phone: nothing sticks out, and everything can be hit with a thumb', () =>
    onPage(
      async (page) => {
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
        for (const target of await page.locator('.button, select, .segmented label').all()) {
          if (!(await target.isVisible())) continue;
          const box = await target.boundingBox();
          assert.ok(
            box && box.height >= 32 && box.width >= 40,
            await target.evaluate((e) => e.outerHTML),
          );
        }
      },
      { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    ));

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`keeps a contrast of 4.5 in its ${colorScheme} colours`, () =>
      onPage(
        async (page) => {
          await pick(page, 'notes.txt', Buffer.from('no picture'), 'text/plain');
          await waitForState(page, 'error');
          const low = await page.evaluate(findLowContrast, 4.5);
          assert.deepEqual(low, []);
        },
        { colorScheme },
      ));
  }

  test('gives every control a name', () =>
    onPage(async (page) => {
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement>('button, input, select, progress')]
          .filter((control) => {
            const named = control.ariaLabel ?? control.labels?.[0]?.textContent;
            return !(named ?? control.textContent)?.trim();
          })
          .map((control) => control.outerHTML),
      );
      assert.deepEqual(nameless, []);
    }));
});

/** Runs in the page: texts whose colour is too close to the nearest background under them. */
function findLowContrast(least: number): string[] {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // Through a canvas, since computed colours may be in any notation.
  const rgba = (colour: string): number[] => {
    if (!context) return [];
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = rgba(colour).map((byte) => {
      const s = byte / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element: Element | null): string => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((rgba(colour)[3] ?? 0) > 190) return colour;
    }
    return 'white';
  };
  return [...document.querySelectorAll<HTMLElement>('body *')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) =>
      [...element.childNodes].some((n) => n.nodeType === 3 && n.nodeValue?.trim()),
    )
    .filter((element) => {
      const text = luminance(getComputedStyle(element).color);
      const ground = luminance(background(element));
      return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05) < least;
    })
    .map((element) => `${element.tagName} "${element.textContent?.trim()}"`);
}
