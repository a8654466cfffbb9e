#!/usr/bin/env node
// Builds dist/: the wasm modules, the bundles, types, models and demo page; then prints the sizes.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleWeb, copyStatic, emitTypes, installModule, SHARED } from './lib/bundle.mjs';
import { makePictures, writeServiceWorker } from './lib/demo-files.mjs';
import { bundleInline } from './lib/inline.mjs';
import { writeIntegrity } from './lib/integrity.mjs';
import { log, runMain, step, UserError } from './lib/log.mjs';
import { buildPreset } from './lib/native-build.mjs';
import { DIST, NATIVE_PRESETS, WASM_VARIANTS } from './lib/paths.mjs';
import { measure, sizeTable } from './lib/sizes.mjs';

const HELP = `npm run build [-- --preset NAMES] [--tests] [--json]

Builds the wasm modules and puts everything that is shipped into dist/. Needs \`npm run setup\`.

  --preset NAMES  CMake presets, separated by commas (default ${WASM_VARIANTS.join(',')};
                  also ${NATIVE_PRESETS.join(', ')}); an empty list leaves the core as it is
  --tests         build the core's tests too: preset asan with the fuzz targets, and the test binary of preset simd
  --json          print the sizes as JSON
`;

const PRESETS = [...WASM_VARIANTS, ...NATIVE_PRESETS];
// The presets whose test binaries `npm test` runs.
const TEST_TARGETS = { asan: ['tessera_tests', 'tessera_fuzz'], simd: ['tessera_tests'] };

function readPresets({ preset, tests }) {
  const names = preset === undefined ? [...WASM_VARIANTS] : preset.split(',').filter(Boolean);
  const unknown = names.find((name) => !PRESETS.includes(name));
  if (unknown) {
    throw new UserError(`unknown preset ${unknown}; there are ${PRESETS.join(', ')}`);
  }
  return tests ? [...new Set([...names, ...Object.keys(TEST_TARGETS)])] : names;
}

async function buildCore(presets, tests) {
  for (const preset of presets) {
    await buildPreset(preset, tests ? TEST_TARGETS[preset] : []);
    if (WASM_VARIANTS.includes(preset)) await installModule(preset);
  }
}

function shippedSizes() {
  return readdirSync(DIST, { recursive: true })
    .filter((name) => /\.(mjs|js|wasm|onnx)$/.test(name))
    .sort()
    .map((name) => measure(join(DIST, name), name));
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      preset: { type: 'string' },
      tests: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  await buildCore(readPresets(values), values.tests);
  await step('Bundles', bundleWeb);
  await step('Type declarations', emitTypes);
  await step('Models and demo page', copyStatic);
  await step('Library in one file', () => bundleInline(SHARED));
  await step('Hashes', writeIntegrity);
  await step('Pictures of the demo', makePictures);
  await step('Service worker of the demo', writeServiceWorker);
  if (!existsSync(join(DIST, 'wasm'))) log('no wasm module was built: dist/ is incomplete');
  const sizes = shippedSizes();
  process.stdout.write(`${values.json ? JSON.stringify(sizes) : sizeTable(sizes)}\n`);
});
