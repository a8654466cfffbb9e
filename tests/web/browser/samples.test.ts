// Each sample in README and docs compiles, and those for pages and for Node run.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { transform } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { BUILD, DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { serve } from '../../../scripts/lib/serve.mjs';
import { visit } from '../support/pages.ts';
import { allSamples, type Sample } from '../support/samples.ts';
import { artifactsOf, filesOf, layersModel } from '../support/tensorflow.ts';
import { conv } from '../support/tensorflow-layers.ts';

const PHOTO = { width: 48, height: 40 };
const samples = allSamples();
const programs = samples.filter(({ language }) => ['js', 'ts', 'tsx'].includes(language));
const forPages = programs.filter(({ language, kind }) => language !== 'tsx' && kind === '');
const forNode = programs.filter(({ kind }) => kind === 'node');
const pages = samples.filter(({ language }) => language === 'html');

// What samples speak of without saying where it comes from.
const NAMES = `
declare const upscaler: import('tessera-sr').Upscaler;
declare const TesseraError: typeof import('tessera-sr').TesseraError;
declare const Upscaler: typeof import('tessera-sr').Upscaler;
declare const Pool: typeof import('tessera-sr').Pool;
declare const file: File;
declare const context: CanvasRenderingContext2D;
declare const controller: AbortController;
declare function showSaveFilePicker(options: object): Promise<FileSystemFileHandle>;
`;
const GIVEN = `<!doctype html>
<script type="importmap">
  {
    "imports": {
      "tessera-sr": "/tessera/tessera.mjs",
      "tessera-sr/element": "/tessera/element.mjs",
      "tessera-sr/inline": "/tessera/inline.mjs"
    }
  }
</script>
<img src="/photo.jpg" alt="">
<script type="module">
  import * as library from 'tessera-sr';
  const file = new File([await (await fetch('/photo.jpg')).blob()], 'photo.jpg');
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  const upscaler = new library.Upscaler();
  Object.assign(globalThis, library, { upscaler, file, context });
  globalThis.controller = new AbortController();
  globalThis.ready = true;
</script>`;

/** In the repository, where the package is found by its name. */
let folder: string;
let browser: Browser;
let server: { url: string; close(): Promise<void> };

before(async () => {
  mkdirSync(BUILD, { recursive: true });
  folder = mkdtempSync(join(BUILD, 'samples-'));
  cpSync(DIST, join(folder, 'tessera'), { recursive: true });
  const photo = sharp({ create: { ...PHOTO, channels: 3, background: '#a47' } });
  for (const name of ['photo.jpg', 'small.jpg']) await photo.toFile(join(folder, name));
  const models = join(folder, 'models', 'x2');
  mkdirSync(models, { recursive: true });
  const model = layersModel((picture) => conv(picture, { filters: 3 }));
  for (const [name, bytes] of filesOf(await artifactsOf(model))) {
    writeFileSync(join(models, name), bytes);
  }
  writeFileSync(join(folder, 'given.html'), GIVEN);
  pages.forEach(({ code }, i) => {
    writeFileSync(join(folder, `page-${i}.html`), code);
  });
  server = await serve({ root: folder });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the samples, and the programs of the examples, have the right types', async () => {
  const source = join(folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'names.d.ts'), NAMES);
  const places = programs.map(({ place, language, code }, i) => {
    // A module of its own, whether it imports something or not.
    writeFileSync(join(source, `sample-${i}.${language}`), `${code}\nexport {};\n`);
    return `sample-${i}: ${place}`;
  });
  const compilerOptions = {
    ...{ noEmit: true, strict: true, target: 'es2022', module: 'esnext' },
    ...{ moduleResolution: 'bundler', jsx: 'react-jsx', allowJs: true, checkJs: true },
    ...{ lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'] },
    ...{ types: ['node', 'vite/client'], skipLibCheck: true },
  };
  const include = ['source/*', join(ROOT, 'examples/**/*.js'), join(ROOT, 'examples/**/*.jsx')];
  // Service workers have another library of types; the example runs in a test of its own.
  const exclude = [join(ROOT, 'examples/service-worker/service-worker.js')];
  const settings = JSON.stringify({ compilerOptions, include, exclude });
  writeFileSync(join(folder, 'tsconfig.json'), settings);
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-p', folder], { cwd: ROOT }).catch((error) => {
    throw new Error(`${error.message}\n${places.join('\n')}`);
  });
});

const onPage = (path: string, action: (page: Page) => Promise<unknown>): Promise<void> =>
  visit(browser, `${server.url}/${path}`, action);

/** What a browser understands; names of types alone go away. */
async function scriptOf({ code, language }: Sample): Promise<string> {
  const loader = language === 'ts' ? 'ts' : 'js';
  return (await transform(code, { loader, format: 'esm', target: 'es2022' })).code;
}

test('the samples for pages run', async (t) => {
  await onPage('given.html', async (page) => {
    await page.waitForFunction('globalThis.ready');
    for (const sample of forPages) {
      const script = await scriptOf(sample);
      await t.test(sample.place, () =>
        page.evaluate((source) => {
          const type = 'text/javascript';
          return import(URL.createObjectURL(new Blob([source], { type }))).then(() => {});
        }, script),
      );
    }
  });
});

test('the pages in samples show an upscaled picture', async (t) => {
  for (const [i, { place }] of pages.entries()) {
    await t.test(place, () =>
      onPage(`page-${i}.html`, (page) =>
        page.waitForFunction(
          (width) =>
            document.querySelector('canvas')?.width === width ||
            document.querySelector('img')?.currentSrc.startsWith('blob:'),
          2 * PHOTO.width,
        ),
      ),
    );
  }
});

for (const { place, code } of forNode) {
  test(`${place} runs in Node`, async () => {
    writeFileSync(join(folder, 'program.mjs'), code);
    await run(process.execPath, ['program.mjs'], { cwd: folder });
    const { width, height } = await sharp(join(folder, 'large.png')).metadata();
    assert.deepEqual([width, height], [2 * PHOTO.width, 2 * PHOTO.height]);
  });
}

test('there are samples of each kind', () => {
  for (const kind of [forPages, forNode, pages]) assert.ok(kind.length > 0);
});
