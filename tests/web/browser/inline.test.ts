// The library as one file: a page that is one file itself upscales, from a disk too, and loads nothing.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { openUpscaler } from '../support/node-upscaler.ts';
import { visit } from '../support/pages.ts';
import { randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';

const PICTURE = randomPicture(new Random(9), 40, 30);

let folder: string;
let browser: Browser;

/** A page whose one script has the library inside, and nothing beside it. */
async function writePage(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "import * as tessera from './inline.mjs'; window.tessera = tessera;",
      resolveDir: DIST,
    },
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'error',
  });
  const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script');
  const path = join(folder, 'page.html');
  writeFileSync(
    path,
    `<!doctype html><meta charset="utf-8"><title>One file</title><script>${script}</script>`,
  );
  return path;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-inline-'));
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function expectedBytes(): Promise<number[]> {
  await using upscaler = await openUpscaler({ model: 'photo-x2', workers: 1 });
  return [...(await upscaler.upscale(PICTURE, { output: 'raw' })).data];
}

test('a page on the disk makes the same bytes, with the model inside and with one of its own', async () => {
  const own = readFileSync(join(DIST, 'models', 'photo-x2-small.onnx')).toString('base64');
  const request = { ...PICTURE, data: [...PICTURE.data], own };
  const expected = await expectedBytes();
  await visit(browser, pathToFileURL(await writePage()).href, async (page) => {
    const asked: string[] = [];
    page.on('request', (each) => asked.push(each.url()));
    const results = await page.evaluate(async ({ width, height, data, own }) => {
      const { Upscaler } = window.tessera;
      const bytes = Uint8Array.from(atob(own), (letter) => letter.charCodeAt(0));
      const results: number[][] = [];
      for (const model of [undefined, bytes]) {
        const upscaler = await Upscaler.create({ model, workers: 2 });
        const picture = { data: Uint8Array.from(data), width, height };
        const result = await upscaler.upscale(picture, { output: 'raw' });
        await upscaler.dispose();
        results.push([...result.data]);
      }
      return results;
    }, request);
    assert.deepEqual(results, [expected, expected]);
    assert.deepEqual(
      asked.filter((url) => !url.startsWith('blob:')),
      [],
    );
  });
});

test('a model that is not inside is ERR_LOAD, and says what to do', async () => {
  await visit(browser, pathToFileURL(join(folder, 'page.html')).href, async (page) => {
    const { code, message } = await page.evaluate(() =>
      window.tessera.Upscaler.create({ model: 'restore-x4' }).then(
        () => ({ code: '', message: 'it has been loaded' }),
        ({ code, message }) => ({ code, message }),
      ),
    );
    assert.equal(code, 'ERR_LOAD');
    assert.match(message, /one file, which has photo-x2 alone.*pass a model's bytes/);
  });
});
