// Stamps: a step that is already done for the same inputs is skipped at once.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TOOLCHAIN } from './paths.mjs';

export function hashOf(...values) {
  const hash = createHash('sha256');
  for (const value of values)
    hash.update(typeof value === 'string' ? value : JSON.stringify(value));
  return hash.digest('hex');
}

export function sha256OfFile(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

const stampPath = (name) => join(TOOLCHAIN, 'stamps', name);

export function isStamped(name, inputs) {
  try {
    return readFileSync(stampPath(name), 'utf8') === inputs;
  } catch {
    return false;
  }
}

export function writeStamp(name, inputs) {
  mkdirSync(dirname(stampPath(name)), { recursive: true });
  writeFileSync(stampPath(name), inputs);
}
