// The library as one file, with worker, cores and a model inside.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DIST } from './paths.mjs';

// Those that web/inline asks for.
const CORES = ['tessera-relaxed', 'tessera-simd'];

const pack = (contents) => gzipSync(contents, { level: 9 }).toString('base64');

const asText = (base64) => ({ contents: `export const base64 = "${base64}";`, loader: 'js' });

/** `glue:NAME` is a core's script. Without an address of its own it looks for none. */
const GLUE = {
  name: 'glue',
  setup(build) {
    build.onResolve({ filter: /^glue:/ }, ({ path }) => ({
      path: join(DIST, 'wasm', `${path.slice('glue:'.length)}.mjs`),
    }));
  },
};

/** `inside:PATH` is a file of dist/, packed; `inside:worker` the worker's script. */
const inside = (esbuild, shared) => ({
  name: 'inside',
  setup(build) {
    build.onResolve({ filter: /^inside:/ }, ({ path }) => ({
      path: path.slice('inside:'.length),
      namespace: 'inside',
    }));
    build.onLoad({ filter: /.*/, namespace: 'inside' }, async ({ path }) => {
      if (path !== 'worker') return asText(pack(readFileSync(join(DIST, path))));
      const { outputFiles } = await esbuild.build({
        ...shared,
        entryPoints: ['web/inline/worker.ts'],
        // Not a module: in a page without an address of its own browsers start none from a blob.
        format: 'iife',
        // Of what Emscripten asks for elsewhere.
        external: ['node:*'],
        define: { 'import.meta.url': 'undefined' },
        sourcemap: false,
        write: false,
        plugins: [GLUE],
      });
      return asText(pack(outputFiles[0].contents));
    });
  },
});

/**
 * Writes dist/inline.mjs, of what is in dist/ already.
 *
 * @param shared - what all bundles have in common
 */
export async function bundleInline(shared) {
  const missing = CORES.find((name) => !existsSync(join(DIST, 'wasm', `${name}.wasm`)));
  if (missing) return `left out: ${missing} is not built`;
  const esbuild = await import('esbuild');
  await esbuild.build({
    ...shared,
    entryPoints: ['web/inline/index.ts'],
    outfile: 'dist/inline.mjs',
    format: 'esm',
    // Nothing lies beside it.
    define: { 'import.meta.url': 'undefined' },
    // Its source would be twice as large as the file, for what is somebody else's page then.
    sourcemap: false,
    plugins: [inside(esbuild, shared)],
  });
  return 'inline.mjs';
}
