#!/usr/bin/env node
// Writes the size and digest of every shipped model into models/manifest.json.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';

const HELP = `node scripts/update-manifest.mjs [--help]

Run it after changing a file in models/: the library refuses a model whose digest is not the
manifest's.
`;

await runMain(() => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const path = join(ROOT, 'models', 'manifest.json');
  const { aliases, ...models } = JSON.parse(readFileSync(path, 'utf8'));
  for (const [name, entry] of Object.entries(models)) {
    const file = join(ROOT, 'models', entry.file);
    if (!existsSync(file)) throw new UserError(`models/${entry.file} of ${name} is not there`);
    const bytes = readFileSync(file);
    entry.bytes = bytes.length;
    entry.sha256 = createHash('sha256').update(bytes).digest('hex');
    log(`${name}: ${entry.bytes} bytes, ${entry.sha256}`);
  }
  writeFileSync(path, `${JSON.stringify({ aliases, ...models }, null, 2)}\n`);
});
