#!/usr/bin/env node
// Prints what a page downloads, and holds it to the budget.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { DIST } from './lib/paths.mjs';
import { measure, sizeTable } from './lib/sizes.mjs';

/** Bytes of brotli: the core, its glue, the worker and the library. */
const CODE_BUDGET = 200_000;

/** Bytes of brotli: what a page loads for `<tessera-img>` before a picture needs more. */
const ELEMENT_BUDGET = 16_000;

// What one page loads for a shipped model: the library, and the lean core of the variant that today's browsers get.
const CORE = 'wasm/tessera-relaxed-lean';
const CODE = ['tessera.mjs', 'worker.mjs', `${CORE}.mjs`, `${CORE}.wasm`];
const MODEL = 'models/photo-x2-small.onnx';
const ELEMENT = 'element.js';

const HELP = `npm run size [-- --json] [--check]

Prints the size of each file in dist/: as it is, with gzip, with brotli.

  --json   one line: {"code_brotli", "model_brotli", "files": [{"file", "raw", "gzip", "brotli"}]}
  --check  only what has a budget; fail when the code of a page for a shipped model is larger than
           ${CODE_BUDGET / 1000} kB in brotli, or element.js than ${ELEMENT_BUDGET / 1000} kB
`;

function shippedFiles() {
  if (!existsSync(DIST)) throw new UserError('dist/ is not there: run `npm run build` first');
  return readdirSync(DIST, { recursive: true })
    .filter((name) => /\.(mjs|js|wasm|onnx)$/.test(name) && !name.startsWith('demo'))
    .sort();
}

await runMain(() => {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      check: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const names = values.check ? [...CODE, MODEL, ELEMENT] : shippedFiles();
  const files = names.map((name) => measure(join(DIST, name), name));
  const brotliOf = (name) => {
    const found = files.find(({ file }) => file === name);
    if (!found) throw new UserError(`dist/${name} is not there: run \`npm run build\` first`);
    return found.brotli;
  };
  const codeBrotli = CODE.reduce((sum, name) => sum + brotliOf(name), 0);
  const modelBrotli = brotliOf(MODEL);
  if (values.json) {
    const result = { code_brotli: codeBrotli, model_brotli: modelBrotli, files };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else {
    process.stdout.write(
      `${sizeTable(files)}\n\ncode of a page ${codeBrotli} bytes in brotli ` +
        `(budget ${CODE_BUDGET}), model photo-x2-small ${modelBrotli} bytes\n`,
    );
  }
  if (!values.check) return;
  for (const [what, bytes, budget] of [
    ['the code', codeBrotli, CODE_BUDGET],
    [ELEMENT, brotliOf(ELEMENT), ELEMENT_BUDGET],
  ]) {
    if (bytes <= budget) continue;
    log(`${what} is ${bytes - budget} bytes over its budget of ${budget}`);
    process.exitCode = 1;
  }
});
