// Formatting, lint and types.
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { assertSucceeds } from './support.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

test('Biome finds nothing to format or mend', () =>
  assertSucceeds(bin('biome'), ['check', '--error-on-warnings', '.']));

test('the types are right', () => assertSucceeds(bin('tsc'), ['--noEmit']));

test('clang-format finds nothing to format', () =>
  assertSucceeds(process.execPath, ['scripts/clang-format.mjs']));

test('clang-tidy finds nothing to mend', () =>
  assertSucceeds(process.execPath, ['scripts/clang-tidy.mjs']));
