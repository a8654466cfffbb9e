#!/usr/bin/env node
// Writes the size and digest of every shipped model into models/manifest.json.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';

const HELP = `node scripts/update-manifest.mjs [--models DIR] [--help]

Run it after changing a file in models/: the library refuses a model whose digest is not the
manifest's. Names, scales and aliases are those of float/manifest.json in the same
folder, which is models/ unless --models names another.
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
});
