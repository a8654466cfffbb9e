// Formatting, lint and types.
import { join } from 'node:path';
import { test } from 'node:test';
import { BUILD, ROOT } from '../../scripts/lib/paths.mjs';
import { assertSucceeds } from './support.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

test('Biome finds nothing to format or mend', () =>
  assertSucceeds(bin('biome'), ['check', '--error-on-warnings', '.']));

test('the types are right', () => assertSucceeds(bin('tsc'), ['--noEmit']));

test('clang-format finds nothing to format', () =>
  assertSucceeds(process.execPath, ['scripts/clang-format.mjs']));

test('clang-tidy finds nothing to mend', () =>
  assertSucceeds('run-clang-tidy', [
    '-quiet',
    // The compile commands are GCC's, with warnings that clang does not know.
    '-extra-arg=-Wno-unknown-warning-option',
    '-p',
    join(BUILD, 'asan'),
    `${join(ROOT, 'src')}/.*`,
  ]));
