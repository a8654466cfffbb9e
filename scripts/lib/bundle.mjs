// The TypeScript side: bundles, declarations, and the files that are copied as they are.

import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { prepareGlue } from './glue.mjs';
import { BUILD, DIST, ROOT } from './paths.mjs';
import { run } from './run.mjs';

export const SHARED = {
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

/** Others use the library as a page would: by its file, not with a copy of its own inside. */
const libraryAt = (path) => ({
  name: 'library-beside',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/(\.\.\/)?(src\/)?index\.js$/ }, () => ({
      path,
      external: true,
    }));
  },
});

const NODE = { format: 'esm', platform: 'node', target: 'node20', external: ['sharp'] };

// Without its spaces a file loses its comments too, and one tells bundlers to leave an import alone.
const COMMENTED = { minify: false, minifySyntax: true, minifyIdentifiers: true };

const BUNDLES = [
  { entryPoints: [web('src/index.ts')], outfile: dist('tessera.mjs'), format: 'esm' },
  { entryPoints: [web('src/convert/index.ts')], outfile: dist('convert.mjs'), format: 'esm' },
  // For tools that know only package.json's "module" and would not find the library's files either
  // (Parcel as it comes): its address is not known, so it asks for baseUrl.
  {
    entryPoints: [web('src/index.ts')],
    outfile: dist('hosted.mjs'),
    format: 'esm',
    define: { 'import.meta.url': 'undefined' },
  },
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
    ...COMMENTED,
  },
  // The element loads the library only when a picture needs it.
  {
    entryPoints: [web('src/element/index.ts')],
    outfile: dist('element.mjs'),
    format: 'esm',
    plugins: [libraryAt('./tessera.mjs')],
  },
  {
    entryPoints: [web('src/element/script.ts')],
    outfile: dist('element.js'),
    format: 'iife',
    plugins: [libraryAt('./tessera.mjs')],
  },
  { ...NODE, entryPoints: [web('node/index.ts')], outfile: dist('node.mjs') },
  {
    ...NODE,
    entryPoints: [web('node/index.ts')],
    outfile: dist('node.cjs'),
    format: 'cjs',
    inject: [web('node/script-url.ts')],
    define: { 'import.meta.url': 'scriptUrl' },
  },
  { ...NODE, entryPoints: [web('node/worker.ts')], outfile: dist('node-worker.mjs'), ...COMMENTED },
  {
    ...NODE,
    entryPoints: [web('cli/main.ts')],
    outfile: dist('cli/tessera.mjs'),
    sourcemap: false,
  },
  {
    entryPoints: [web('demo/main.ts')],
    outfile: dist('demo/main.mjs'),
    format: 'esm',
    plugins: [libraryAt('../tessera.mjs')],
  },
  // Its own copy: a service worker answers for what is in its folder.
  {
    entryPoints: [web('src/worker/worker.ts')],
    outfile: dist('demo/worker.mjs'),
    ...COMMENTED,
    format: 'esm',
  },
  {
    entryPoints: [web('demo/compare/resample-worker.ts')],
    outfile: dist('demo/resample-worker.mjs'),
    format: 'esm',
  },
  { entryPoints: [web('demo/style/index.css')], outfile: dist('demo/style.css'), sourcemap: false },
];

/** Bundles every entry point. */
export async function bundleWeb() {
  // Imported late: esbuild is there only after `npm ci`.
  const { build } = await import('esbuild');
  await Promise.all(BUNDLES.map((bundle) => build({ ...SHARED, ...bundle })));
  return BUNDLES.map(({ outfile }) => basename(outfile)).join(', ');
}

/** Writes the type declarations of the public API, for modules and for CommonJS. */
export async function emitTypes() {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  const types = join(DIST, 'types');
  rmSync(types, { recursive: true, force: true });
  await run(tsc, ['-p', join('scripts', 'tsconfig.types.json')], { cwd: ROOT });
  const files = declarationsFrom('index.d.ts', types);
  const all = declarationsFrom(join('element', 'index.d.ts'), types, [...files]);
  for (const name of readdirSync(types, { recursive: true })) {
    if (name.endsWith('.d.ts') && !all.includes(name)) rmSync(join(types, name));
  }
  removeEmptyFolders(types);
  // Programs with a script tag have the library in a global.
  appendFileSync(join(types, 'index.d.ts'), 'export as namespace Tessera;\n');
  const commonjs = join(types, 'cjs');
  for (const name of files) {
    cpSync(join(types, name), join(commonjs, name));
  }
  writeFileSync(join(commonjs, 'package.json'), '{ "type": "commonjs" }\n');
}

/** A file of declarations and those that it imports, by their names in the folder. */
function declarationsFrom(name, folder, found = []) {
  if (found.includes(name)) return found;
  found.push(name);
  const text = readFileSync(join(folder, name), 'utf8');
  for (const [, path] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]*)\.js['"]/g)) {
    declarationsFrom(join(dirname(name), `${path}.d.ts`), folder, found);
  }
  return found;
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inner = join(folder, entry.name);
    removeEmptyFolders(inner);
    if (readdirSync(inner).length === 0) rmdirSync(inner);
  }
}

/** The modules with the quantizer, by the presets that build them: for pages, and for the command line. */
const WITH_QUANTIZER = { simd: 'tessera-quantizer', 'simd-mt': 'tessera-tools' };

/** Puts one variant's modules into dist/wasm; the glue loses what Emscripten's own minifier leaves. */
export async function installModule(preset) {
  await installOne(preset, `tessera-${preset}`);
  if (!preset.endsWith('-mt')) await installOne(preset, `tessera-${preset}-lean`);
  const quantizer = WITH_QUANTIZER[preset];
  if (quantizer !== undefined) await installOne(preset, quantizer);
}

async function installOne(preset, name) {
  const { transform } = await import('esbuild');
  const target = join(DIST, 'wasm');
  mkdirSync(target, { recursive: true });
  const written = readFileSync(join(BUILD, preset, `${name}.mjs`), 'utf8');
  const glue = prepareGlue(written, preset.endsWith('-mt'));
  const { code } = await transform(glue, { minify: true, format: 'esm', target: 'es2022' });
  writeFileSync(join(target, `${name}.mjs`), code);
  cpSync(join(BUILD, preset, `${name}.wasm`), join(target, `${name}.wasm`));
  // Emscripten marks it as a program.
  chmodSync(join(target, `${name}.wasm`), 0o644);
}

/** Copies the shipped models and the demo page's own files. */
export function copyStatic() {
  copyFiles(join(ROOT, 'models'), join(DIST, 'models'), /\.onnx$/);
  copyFiles(join(ROOT, 'web', 'demo'), join(DIST, 'demo'), /\.(html|svg|webmanifest)$/);
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
