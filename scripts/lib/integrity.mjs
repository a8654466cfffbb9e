// Hashes of what a page loads, as HTML's integrity attribute has them.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { DIST } from './paths.mjs';

const FILE = 'integrity.json';

// Of the command line, the demo and Node, nothing is loaded by pages.
const LOADED = /^(?!cli\/|demo\/|node)[^.]*\.(js|mjs|wasm|onnx)$/;

/** Writes dist/integrity.json: the SHA-384 of each file, by its name in dist/. */
export function writeIntegrity() {
  const names = readdirSync(DIST, { recursive: true })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => LOADED.test(name))
    .sort();
  const entries = names.map((name) => {
    const digest = createHash('sha384').update(readFileSync(join(DIST, name)));
    return [name, `sha384-${digest.digest('base64')}`];
  });
  writeFileSync(join(DIST, FILE), `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  return `${entries.length} files`;
}
