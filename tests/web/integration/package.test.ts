// The package as `npm install` gives it to a user: what is in it, its types, its command, a bundle, a script tag.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { build as esbuild } from 'esbuild';
import type { Page } from 'playwright-core';
import { build as viteBuild } from 'vite';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { STRICT_CSP, serve } from '../../../scripts/lib/serve.mjs';
import type * as TesseraModule from '../../../web/src/index.ts';

const PROGRAM = `
import { type CreateOptions, TesseraError, Upscaler } from 'tessera-sr';

/** A canvas is what was given, or what a page shows. */
export async function show(upscaler: Upscaler, own: HTMLCanvasElement): Promise<void> {
  document.body.append(await upscaler.upscale('/picture.png', { output: 'canvas' }));
  const drawn: HTMLCanvasElement = await upscaler.upscale(own, { output: 'canvas', canvas: own });
  const hidden = new OffscreenCanvas(1, 1);
  const kept: OffscreenCanvas = await upscaler.upscale(own, { output: 'canvas', canvas: hidden });
  document.body.append(drawn, String(kept.width));
}

export async function sizes(url: string, options: CreateOptions): Promise<number[]> {
  await using upscaler = await Upscaler.create(options);
  const image: ImageData = await upscaler.upscale(url);
  try {
    await upscaler.upscale('/missing.webp');
  } catch (error) {
    if (error instanceof TesseraError && error.code === 'ERR_LOAD') return [image.width, image.height];
  }
  return [];
}
`;

/** What a user's own project has. */
let app: string;
const installed = () => join(app, 'node_modules', 'tessera-sr');

before(async () => {
  app = mkdtempSync(join(tmpdir(), 'tessera-package-'));
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(app, 'program.ts'), PROGRAM);
  cpSync(join(DIST, 'demo', 'sample.webp'), join(app, 'sample.webp'));
  await run('npm', ['pack', '--silent', '--pack-destination', app], { cwd: ROOT });
  const archive = readdirSync(app).find((name) => name.endsWith('.tgz')) as string;
  const quietly = ['--offline', '--no-audit', '--no-fund', '--loglevel', 'error'];
  await run('npm', ['install', ...quietly, `./${archive}`], { cwd: app });
});

after(() => rmSync(app, { recursive: true, force: true }));

test('it has what the documentation names, and installs nothing else', () => {
  const names = readdirSync(installed(), { recursive: true }).map(String);
  for (const name of [
    'tessera.js',
    'tessera.mjs',
    'worker.mjs',
    'convert.mjs',
    'models/photo-x2-small.onnx',
  ]) {
    assert.ok(names.includes(join('dist', name)), name);
  }
  const foreign = names.filter((name) => /\.(ts|toml|py)$/.test(name) && !/\.d\.ts$/.test(name));
  assert.deepEqual(foreign, []);
  assert.deepEqual(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['tessera-sr'],
  );
  const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
  assert.equal(manifest.dependencies, undefined);
});

/** The text of each installed file whose name fits. */
const installedTexts = (pattern: RegExp): [name: string, text: string][] =>
  readdirSync(installed(), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => [name, readFileSync(join(installed(), name), 'utf8')]);

test('each script has the source map that it names, with the sources in it', () => {
  for (const [name, text] of installedTexts(/\.(mjs|js|cjs)$/)) {
    const map = /\/\/# sourceMappingURL=(\S+)/.exec(text)?.[1];
    if (map === undefined) continue;
    const path = join(installed(), dirname(name), map);
    const { sources, sourcesContent } = JSON.parse(readFileSync(path, 'utf8'));
    assert.ok(sources.length > 0 && sources.length === sourcesContent.length, name);
  }
});

test('each document that README or another document for users links is there too', () => {
  for (const [name, text] of installedTexts(/^(README|docs\/.*)\.md$/)) {
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, path]) => path as string);
    for (const path of links.filter((path) => !/^[a-z]+:/.test(path))) {
      assert.ok(existsSync(join(installed(), dirname(name), path)), `${name} links ${path}`);
    }
  }
});

test('the hashes are those of the files that pages load', () => {
  const dist = join(installed(), 'dist');
  const hashes = JSON.parse(readFileSync(join(dist, 'integrity.json'), 'utf8'));
  for (const name of ['tessera.js', 'tessera.mjs', 'worker.mjs', 'wasm/tessera-simd.wasm']) {
    const digest = createHash('sha384')
      .update(readFileSync(join(dist, name)))
      .digest('base64');
    assert.equal(hashes[name], `sha384-${digest}`, name);
  }
});

test('no file is marked as a program that is none', () => {
  const names = readdirSync(join(installed(), 'dist'), { recursive: true, encoding: 'utf8' });
  const programs = names.filter((name) => {
    const entry = statSync(join(installed(), 'dist', name));
    return entry.isFile() && (entry.mode & 0o111) !== 0;
  });
  assert.deepEqual(programs, [join('cli', 'tessera.mjs')]);
});

test('what bundlers look for is there literally, and nothing asks for an address otherwise', () => {
  const library = readFileSync(join(installed(), 'dist', 'tessera.mjs'), 'utf8');
  const start =
    'new Worker(new URL("./worker.mjs",import.meta.url),{type:"module",name:"tessera"})';
  assert.equal(library.split(start).length, 2);
  // Used in another way, webpack and Rspack write the path of the folder in which they build.
  const uses = library.split('import.meta').length - 1;
  const files = [...library.matchAll(/new URL\("\.\/([^"]+)",import\.meta\.url\)/g)];
  assert.equal(files.length, uses);
  for (const [, name] of files)
    assert.ok(existsSync(join(installed(), 'dist', name as string)), name);
});

test('it is found by import and by require, and works in this process', async () => {
  const work = `.Upscaler.create({ model: 'photo-x2-tiny' }).then(async (upscaler) => {
    const { width } = await upscaler.upscale({ data: new Uint8Array(256), width: 8, height: 8 });
    await upscaler.dispose();
    process.stdout.write(String(width));
  });`;
  writeFileSync(join(app, 'import.mjs'), `import * as library from 'tessera-sr'; library${work}`);
  writeFileSync(join(app, 'require.cjs'), `const library = require('tessera-sr'); library${work}`);
  for (const program of ['import.mjs', 'require.cjs']) {
    const { stdout } = await run(process.execPath, [program], { cwd: app });
    assert.equal(stdout, '16', program);
  }
});

for (const [resolution, module] of [
  ['nodenext', 'nodenext'],
  ['bundler', 'esnext'],
] as const) {
  test(`its types hold in a strict program that checks libraries too (${resolution})`, async () => {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const language = ['--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', ''];
    const modules = ['--module', module, '--moduleResolution', resolution];
    await run(process.execPath, [compiler, '--noEmit', ...language, ...modules, 'program.ts'], {
      cwd: app,
    });
  });
}

test('its command runs', async () => {
  const command = ['--no', '--', 'tessera', 'inspect', '--json'];
  const model = join(installed(), 'dist', 'models', 'photo-x2-small.onnx');
  const { stdout } = await run('npx', [...command, model], { cwd: app });
  assert.equal(JSON.parse(stdout).scale, 2);
});

/** Runs `action` on an empty page of a server that has what is in a folder. */
async function onPage<T>(root: string, action: (page: Page) => Promise<T>): Promise<T> {
  const server = await serve({ root, csp: STRICT_CSP });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/blank`);
    return await action(page);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** What `sizes` of a bundled program at `/program.js` answers. */
const runProgram = (page: Page, options: object) =>
  page.evaluate(async (own) => {
    const program = '/program.js';
    return (await import(program)).sizes('/sample.webp', own);
  }, options);

test('it works in a bundle of Vite, which takes along the files that it needs', async () => {
  const output = join(app, 'vite');
  await viteBuild({
    ...{ root: app, configFile: false, logLevel: 'error' },
    build: {
      ...{ outDir: output, target: 'es2022' },
      rolldownOptions: {
        input: join(app, 'program.ts'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'program.js' },
      },
    },
  });
  cpSync(join(app, 'sample.webp'), join(output, 'sample.webp'));
  const found = await onPage(output, (page) => runProgram(page, { model: 'photo-x2' }));
  assert.deepEqual(found, [864, 648]);
});

test('it works in a bundle without its files, which are elsewhere', async () => {
  const options = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'error' } as const;
  await esbuild({ ...options, entryPoints: [join(app, 'program.ts')], outdir: app });
  const baseUrl = '/node_modules/tessera-sr/dist/';
  assert.deepEqual(await onPage(app, (page) => runProgram(page, { baseUrl })), [864, 648]);
});

test('it works by a script tag', async () => {
  const size = await onPage(app, async (page) => {
    await page.addScriptTag({ url: '/node_modules/tessera-sr/dist/tessera.js' });
    return page.evaluate(async () => {
      const { Tessera } = window as unknown as { Tessera: typeof TesseraModule };
      const upscaler = await Tessera.Upscaler.create({ model: 'photo-x3-tiny' });
      const { width, height } = await upscaler.upscale('/sample.webp');
      await upscaler.dispose();
      return [width, height];
    });
  });
  assert.deepEqual(size, [1296, 972]);
});
