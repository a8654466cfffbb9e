// The demo page, used as a visitor would: by pointer, keyboard, drop, paste, on a desk and on a
// phone. `npm run test:demo` looks at all of its states.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { STRICT_CSP, type StaticServer } from '../../../scripts/lib/serve.mjs';
import { accessibilityFaults } from '../support/accessibility.ts';
import {
  type DemoPage,
  makePicture,
  openDemo,
  pick,
  pickNetwork,
  serveDemo,
  textOf,
  waitForResult,
  waitForSample,
  waitForState,
} from '../support/demo-page.ts';
import { conv } from '../support/layers.ts';
import { OnnxBuilder, tensor } from '../support/onnx-builder.ts';
import { Random } from '../support/random.ts';

let browser: Browser;
let server: StaticServer;

before(async () => {
  server = await serveDemo();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** A network of scale 1. */
function denoiser(): Buffer {
  const b = new OnnxBuilder();
  const random = new Random(5);
  const noise = conv(b, random, conv(b, random, b.input, 3, 6), 6, 3);
  return Buffer.from(b.build(b.node('Add', [b.input, b.node('Mul', [noise, tensor([], [0.05])])])));
}

/** Dispatches a drop or a paste that carries files, as the browser would. */
function bring(page: Page, kind: 'drop' | 'paste', files: Record<string, Buffer>): Promise<void> {
  const encoded = Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')]);
  return page.evaluate(
    ([how, all]) => {
      const data = new DataTransfer();
      for (const [name = '', base64 = ''] of all) {
        const content = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        data.items.add(new File([content], name, { type: 'image/png' }));
      }
      const common = { bubbles: true, cancelable: true };
      if (how === 'paste') {
        dispatchEvent(new ClipboardEvent('paste', { ...common, clipboardData: data }));
        return;
      }
      for (const type of ['dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { ...common, dataTransfer: data }));
      }
    },
    [kind, encoded] as const,
  );
}

test('its own policy is that of docs/hosting.md', async () => {
  const html = await readFile(join(ROOT, 'web/demo/index.html'), 'utf8');
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  // The library needs the first part; the page has a manifest and plays files of its visitors.
  assert.equal(policy, `${STRICT_CSP}; manifest-src 'self'; media-src blob:`);
});

describe('a visit', () => {
  let visit: DemoPage;
  let page: Page;

  before(async () => {
    visit = await openDemo(browser, server.url);
    page = visit.page;
    await waitForSample(page);
  });
  after(() => visit?.close());

  test('enlarges the sample at once, says how, and moves nothing meanwhile', async () => {
    assert.match(await textOf(page, '#status'), /^Enlarged 2× in [\d.]+ s\.$/);
    assert.match(await textOf(page, '#fact-time'), /^[\d.]+ s$/);
    assert.match(await textOf(page, '#fact-speed'), /^[\d.]+ MP\/s$/);
    assert.match(await textOf(page, '#network-note'), /^photo-x2-small, 57 KB\. .* per second\.$/);
    assert.match(await textOf(page, '#fact-variant'), /^(relaxed|simd): ./);
    assert.match(await textOf(page, '#fact-workers'), /^\d+ workers?$/);
    assert.match(await textOf(page, '#isolation'), /COOP and COEP/);
    assert.match(await textOf(page, '#anatomy-facts'), /Layers\d+: \d+ in int8/);
    assert.equal(await page.locator('#variant option[value=relaxed-mt]').isDisabled(), true);
    assert.equal(await page.locator('#error').isHidden(), true);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const shifts = list.getEntries() as (PerformanceEntry & { value: number })[];
            resolve(shifts.reduce((sum, { value }) => sum + value, 0));
          }).observe({ type: 'layout-shift', buffered: true });
          setTimeout(resolve, 200, 0);
        }),
    );
    assert.equal(shift, 0);
  });

  test('axe-core finds nothing, with all there is to see', async () => {
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByRole('button', { name: 'Loupe' }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'Loupe' }).click();
  });

  test('compares any two methods; the loupe shows one place by all', async () => {
    const shown = () =>
      page.$$eval('.layer canvas', (all) =>
        all.map((canvas) => (canvas as HTMLElement).dataset.method),
      );
    assert.deepEqual(await shown(), ['browser', 'network']);
    await page.getByLabel('Left', { exact: true }).selectOption('lanczos');
    assert.deepEqual(await shown(), ['lanczos', 'network']);
    // What the other side has is swapped with it.
    await page.getByLabel('Right', { exact: true }).selectOption('lanczos');
    assert.deepEqual(await shown(), ['network', 'lanczos']);
    await page.getByLabel('Left', { exact: true }).selectOption('bicubic');
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-method=bicubic]');
      const { width = 1, height = 1 } = canvas ?? {};
      return canvas?.getContext('2d')?.getImageData(width - 1, height - 1, 1, 1).data[3] === 255;
    });
    await page.getByRole('button', { name: 'Loupe' }).click();
    const seen = () =>
      page.$$eval('.loupe canvas', (all) =>
        all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()),
      );
    const first = await seen();
    assert.equal(new Set(first).size, 5, 'each method gives another picture');
    await page.getByRole('region', { name: 'Loupe' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.notDeepEqual(await seen(), first);
    await page.getByRole('button', { name: 'Loupe' }).click();
    await page.getByLabel('Left', { exact: true }).selectOption('browser');
    await page.getByLabel('Right', { exact: true }).selectOption('network');
  });

  test('moves the dividing line by keyboard and by pointer', async () => {
    const slider = page.getByRole('slider', { name: /left and right/ });
    const cut = () => page.$eval('.layer-after', (layer) => getComputedStyle(layer).clipPath);
    await page.locator('#sample').focus();
    await page.keyboard.press('Tab');
    assert.equal(await slider.evaluate((element) => element === document.activeElement), true);
    const before = await cut();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await slider.inputValue(), '49');
    assert.notEqual(await cut(), before);
    const box = await page.locator('#pictures .stage').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, box.y + 60);
    await page.mouse.up();
    assert.equal(await slider.inputValue(), '25');
  });

  test('magnifies, and then scrolls', async () => {
    await page.getByText('4:1').click();
    const view = page.getByRole('region', { name: 'Left and right' });
    await view.focus();
    const left = () => view.evaluate((element) => element.scrollLeft);
    const before = await left();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (x) => (document.querySelector('.viewport') as HTMLElement).scrollLeft > x,
      before,
    );
    await page.locator('#pictures').getByText('Fit').click();
    assert.equal(await left(), 0);
  });

  test('takes a picked, a dropped and a pasted picture, and saves in the format that is chosen', async () => {
    await pick(page, 'picked.png', await makePicture(40, 30));
    await waitForResult(page, '[data-size="80x60"]');
    await bring(page, 'drop', { 'dropped.png': await makePicture(41, 31) });
    await waitForResult(page, '[data-size="82x62"]');
    await bring(page, 'paste', { 'my picture.v2.png': await makePicture(64, 48) });
    await waitForResult(page, '[data-size="128x96"]');
    const save = async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save', exact: true }).click(),
      ]);
      return download;
    };
    const png = await save();
    assert.equal(png.suggestedFilename(), 'my picture.v2-enlarged.png');
    const saved = sharp(await readFile(await png.path()));
    const shown = await page.$eval('[data-method=network]', (canvas) => [
      ...((canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, 128, 96).data ?? []),
    ]);
    assert.deepEqual(await saved.ensureAlpha().raw().toBuffer(), Buffer.from(shown));
    assert.ok(new Set(shown).size > 32, 'the result is a picture');
    await page.getByLabel('File format').selectOption('JPEG');
    const jpeg = await save();
    assert.equal(jpeg.suggestedFilename(), 'my picture.v2-enlarged.jpg');
    assert.equal((await sharp(await readFile(await jpeg.path())).metadata()).format, 'jpeg');
    await page.getByLabel('File format').selectOption('PNG');
  });

  test('says in words what is wrong with a file, and goes on working', async () => {
    await pick(page, 'notes.txt', Buffer.from('no picture'), 'text/plain');
    await waitForState(page, 'error');
    const alert = page.getByRole('alert');
    assert.match((await alert.textContent()) ?? '', /“notes\.txt” is not a picture.*Try a PNG/);
    await pick(page, 'good.png', await makePicture(30, 30));
    await waitForResult(page, '[data-size="60x60"]');
    assert.equal(await page.locator('#error').isHidden(), true);
  });

  test('does many pictures one by one: one that fails ends no other', async () => {
    await bring(page, 'drop', {
      'one.png': await makePicture(40, 30),
      'two.png': Buffer.from('no picture'),
      'three.png': await makePicture(50, 40),
    });
    const summary = page.getByText('2 of 3 done, 1 failed');
    await summary.waitFor();
    await page.getByRole('button', { name: 'one.png', exact: true }).click();
    await waitForResult(page, '[data-size="80x60"]');
    const downloads: string[] = [];
    page.on('download', (download) => downloads.push(download.suggestedFilename()));
    await page.getByRole('button', { name: 'Save all' }).click();
    while (downloads.length < 2) await page.waitForTimeout(20);
    assert.deepEqual(downloads, ['one-enlarged.png', 'three-enlarged.png']);
    // Later ones join the list; what waits can be taken out.
    await bring(page, 'drop', {
      'large.png': await makePicture(1200, 900),
      'four.png': await makePicture(20, 20),
    });
    await page.getByRole('button', { name: 'Cancel: four.png' }).click();
    await page.getByRole('button', { name: 'Cancel: large.png' }).click();
    await page.getByRole('button', { name: 'Try again: four.png' }).click();
    await page.getByText('3 of 5 done, 1 failed').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.equal(await page.locator('#queue').isHidden(), true);
    await waitForResult(page, '[data-size="80x60"]');
  });

  test('runs the network that is chosen, or the own one: one of scale 1 repairs', async () => {
    await page.getByText('3×', { exact: true }).click();
    await page.getByText('Tiny', { exact: true }).click();
    await waitForResult(page, '[data-size="120x90"][data-model="photo-x3-tiny"]');
    assert.match(await textOf(page, '#status'), /^Enlarged 3× in /);
    await pickNetwork(page, 'denoise.onnx', denoiser());
    await waitForResult(page, '[data-size="40x30"]');
    assert.match(await textOf(page, '#status'), /^Repaired in [\d.]+ s\.$/);
    assert.equal(await textOf(page, '#own-name'), 'denoise.onnx');
    await page.getByText(/It runs in int8 from now on: its results are \d\d\.\d dB/).waitFor();
    assert.match(await textOf(page, '#anatomy-facts'), /in int8/);
    const saveInt8 = page.getByRole('button', { name: 'Save the int8 network' });
    const [int8] = await Promise.all([page.waitForEvent('download'), saveInt8.click()]);
    assert.equal(int8.suggestedFilename(), 'denoise-int8.onnx');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    assert.equal(download.suggestedFilename(), 'one-repaired.png');
    await pickNetwork(page, 'none.onnx', Buffer.from('no network'));
    await waitForState(page, 'error');
    assert.match(await textOf(page, '#error'), /\(ERR_MODEL_FORMAT\)\. Here: choose another file/);
    assert.equal(await textOf(page, '#anatomy-facts'), '');
    await page.getByRole('button', { name: 'Remove' }).click();
    await waitForResult(page, '[data-model="photo-x3-tiny"]');
    assert.deepEqual([await textOf(page, '#int8-note'), await saveInt8.isHidden()], ['', true]);
    await page.getByText('2×', { exact: true }).click();
    await page.getByText('Small', { exact: true }).click();
    await waitForResult(page, '[data-model="photo-x2-small"]');
  });

  test('cancels a run at once, and can start it again', async () => {
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
  });

  test('asks before a very large run', async () => {
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
    await pick(page, 'small.png', await makePicture(30, 30));
    await waitForResult(page, '[data-size="60x60"]');
  });

  test('starts anew when the settings change', async () => {
    await page.getByLabel('Workers').selectOption('1');
    await waitForResult(page, '[data-workers="1"]');
    await page.getByLabel('Variant').selectOption('simd');
    await waitForResult(page, '[data-variant=simd]');
  });
});

test('works with the connection cut after the first visit, and can be installed', async () => {
  const own = await serveDemo();
  const { page, close } = await openDemo(browser, own.url);
  try {
    await waitForSample(page);
    await page.waitForSelector('body[data-offline=ready]');
    const icons = await page.evaluate(async () => {
      const manifest = await (await fetch('manifest.webmanifest')).json();
      const answers = manifest.icons.map(({ src }: { src: string }) => fetch(src));
      return (await Promise.all(answers)).map(({ status }) => status);
    });
    assert.deepEqual(icons, [200, 200, 200, 200]);
  } finally {
    await own.close();
  }
  await page.reload();
  await waitForSample(page);
  await close();
});

test('enlarges what moves, with its figures; another network takes over', async () => {
  const { page, close } = await openDemo(browser, server.url);
  await page.getByRole('tab', { name: 'Pictures' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('#pictures').isHidden(), true);
  await page.locator('#video-sample').click();
  const runs = (model: string) =>
    page.waitForFunction(
      (name) => document.getElementById('video-model')?.textContent === name,
      model,
    );
  await runs('photo-x2-small');
  const sizes = () =>
    page.$$eval('#video canvas', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).width));
  assert.deepEqual(await sizes(), [240, 480]);
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByText('4×', { exact: true }).click();
  await page.getByText('Tiny', { exact: true }).click();
  await runs('photo-x4-tiny');
  assert.deepEqual(await sizes(), [240, 960]);
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.equal(await textOf(page, '#video-status'), 'Stopped.');
  await page.getByRole('tab', { name: 'Pictures' }).click();
  await waitForResult(page, '[data-model="photo-x4-tiny"]');
  await close();
});

test('offers threads on a page that is cross-origin isolated', async () => {
  const isolated = await serveDemo({ isolated: true });
  const { page, close } = await openDemo(browser, isolated.url);
  try {
    await waitForSample(page);
    assert.match(await textOf(page, '#isolation'), /is cross-origin isolated/);
    await page.getByText('How it runs').click();
    await page.getByLabel('Variant').selectOption('simd-mt');
    await waitForResult(page, '[data-variant=simd-mt]');
    await close();
  } finally {
    await isolated.close();
  }
});

test('fits a phone: nothing sticks out, and everything can be hit with a thumb', async () => {
  const { page, close } = await openDemo(browser, server.url, {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    colorScheme: 'dark',
  });
  await waitForSample(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  for (const target of await page.locator('.button, select, summary, .segmented label').all()) {
    if (!(await target.isVisible())) continue;
    const box = await target.boundingBox();
    const what = await target.evaluate((element) => element.outerHTML);
    assert.ok(box && box.height >= 32 && box.width >= 40, what);
  }
  assert.deepEqual(await accessibilityFaults(page), []);
  await close();
});
