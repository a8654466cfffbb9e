// The package as `npm install` gives it to a user: what is in it, its types, its command, a bundle, a script tag.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  for (const name of ['tessera.js', 'tessera.mjs', 'worker.mjs', 'models/photo-x2-small.onnx']) {
    assert.ok(names.includes(join('dist', name)), name);
  }
  const foreign = names.filter(
    (name) => /\.(ts|map|toml|py)$/.test(name) && !/\.d\.ts$/.test(name),
  );
  assert.deepEqual(foreign, []);
  assert.deepEqual(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['tessera-sr'],
  );
  const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
  assert.equal(manifest.dependencies, undefined);
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
