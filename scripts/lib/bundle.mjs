// The TypeScript side: bundles, declarations, and the files that are copied as they are.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { BUILD, DIST, ROOT } from './paths.mjs';
import { run } from './run.mjs';

const SHARED = {
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: ROOT,
};

const web = (path) => join('web', path);
const dist = (path) => join('dist', path);

/** The demo uses the library as a page would: by its file, not with a copy of its own inside. */
const libraryBesideDemo = {
  name: 'library-beside-demo',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/src\/index\.js$/ }, () => ({
      path: '../tessera.mjs',
      external: true,
    }));
  },
};

const BUNDLES = [
  { entryPoints: [web('src/index.ts')], outfile: dist('tessera.mjs'), format: 'esm' },
  {
    entryPoints: [web('src/index.ts')],
    outfile: dist('tessera.js'),
    format: 'iife',
    globalName: 'Tessera',
    // A classic script has no import.meta: the script's own address is read from the document.
    inject: [web('src/load/script-url.ts')],
    define: { 'import.meta.url': 'scriptUrl' },
  },
  {
    entryPoints: [web('src/worker/worker.ts')],
    outfile: dist('worker.mjs'),
    format: 'esm',
    // Without its spaces a file loses its comments too, and one tells bundlers to leave an import alone.
    ...{ minify: false, minifySyntax: true, minifyIdentifiers: true },
  },
  ...['main', 'node-worker'].map((name) => ({
    entryPoints: [web(`cli/${name}.ts`)],
    outfile: dist(`cli/${name === 'main' ? 'tessera' : name}.mjs`),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['sharp'],
  })),
  {
    entryPoints: [web('demo/main.ts')],
    outfile: dist('demo/main.mjs'),
    format: 'esm',
    plugins: [libraryBesideDemo],
  },
];

/** Bundles every entry point. */
export async function bundleWeb() {
  // Imported late: esbuild is there only after `npm ci`.
  const { build } = await import('esbuild');
  await Promise.all(BUNDLES.map((bundle) => build({ ...SHARED, ...bundle })));
  return BUNDLES.map(({ outfile }) => basename(outfile)).join(', ');
}

/** Writes the type declarations of the public API. */
export async function emitTypes() {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  rmSync(join(DIST, 'types'), { recursive: true, force: true });
  await run(tsc, ['-p', join('scripts', 'tsconfig.types.json')], { cwd: ROOT });
}

/** Puts one variant's module into dist/wasm; the glue loses what Emscripten's own minifier leaves. */
export async function installModule(preset) {
  await installOne(preset, `tessera-${preset}`);
  // The command line's own module, which only this preset builds.
  if (preset === 'simd-mt') await installOne(preset, 'tessera-tools');
}

async function installOne(preset, name) {
  const { transform } = await import('esbuild');
  const target = join(DIST, 'wasm');
  mkdirSync(target, { recursive: true });
  const glue = readFileSync(join(BUILD, preset, `${name}.mjs`), 'utf8');
  const { code } = await transform(glue, { minify: true, format: 'esm', target: 'es2022' });
  writeFileSync(join(target, `${name}.mjs`), code);
  cpSync(join(BUILD, preset, `${name}.wasm`), join(target, `${name}.wasm`));
}

/** Copies the shipped models and the demo page's own files. */
export function copyStatic() {
  copyFiles(join(ROOT, 'models'), join(DIST, 'models'), /\.onnx$/);
  copyFiles(join(ROOT, 'web', 'demo'), join(DIST, 'demo'), /\.(html|css|svg|webp|png)$/);
}

/** Makes the files of that pattern in `target` those of `source`: what is gone there goes here too. */
function copyFiles(source, target, pattern) {
  if (!existsSync(source)) return;
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(target).filter((file) => pattern.test(file))) {
    if (!existsSync(join(source, name))) rmSync(join(target, name));
  }
  for (const name of readdirSync(source).filter((file) => pattern.test(file))) {
    cpSync(join(source, name), join(target, name));
  }
}
