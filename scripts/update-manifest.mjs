#!/usr/bin/env node
// Writes the size and digest of every shipped model into models/manifest.json, and into the library.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';

/** What the library knows of its models. */
const LIBRARY_LIST = join(ROOT, 'web', 'src', 'load', 'shipped-models.ts');

const HELP = `node scripts/update-manifest.mjs [--models DIR] [--help]

Run it after changing a file in models/: the library refuses a model whose digest is not the one it
was built with, which stands in web/src/load/shipped-models.ts and is written for models/ alone. Names,
scales and aliases are those of float/manifest.json in the same folder, which is models/ unless
--models names another.
`;

/** The entry of a shipped file; the names and scales are those of its float parent. */
function entryOf(folder, name, { file, scale }) {
  const path = join(folder, file);
  if (!existsSync(path)) throw new UserError(`${path} of ${name} is not there`);
  const bytes = readFileSync(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  log(`${name}: ${bytes.length} bytes, ${sha256}`);
  return { bytes: bytes.length, file, scale, sha256 };
}

/** The manifest as a module of the library. */
function libraryList({ aliases, ...models }) {
  const entries = Object.entries(models).map(
    ([name, { bytes, file, scale, sha256 }]) => `  '${name}': {
    scale: ${scale},
    bytes: ${bytes},
    sha256: '${sha256}',
    beside: () => new URL('./models/${file}', import.meta.url),
  },
`,
  );
  const others = Object.entries(aliases).map(([alias, name]) => `  '${alias}': '${name}',\n`);
  return `// Written by scripts/update-manifest.mjs; do not edit.
import type { ShippedModel } from './shipped-model.js';

/**
 * By name. Each address is a literal \`new URL('./file', import.meta.url)\`, the form that bundlers look
 * for to emit the file.
 */
export const SHIPPED_MODELS: Readonly<Record<string, ShippedModel>> = {
${entries.join('')}};

/** Other names for them. */
export const ALIASES: Readonly<Record<string, string>> = {
${others.join('')}};
`;
}

await runMain(() => {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: join(ROOT, 'models') },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { aliases, ...parents } = JSON.parse(
    readFileSync(join(values.models, 'float', 'manifest.json'), 'utf8'),
  );
  const manifest = { aliases };
  for (const [name, parent] of Object.entries(parents))
    manifest[name] = entryOf(values.models, name, parent);
  writeFileSync(join(values.models, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  if (resolve(values.models) === join(ROOT, 'models')) {
    writeFileSync(LIBRARY_LIST, libraryList(manifest));
  }
});
