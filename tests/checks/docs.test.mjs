// The documents are what the source says.
import { test } from 'node:test';
import { assertSucceeds } from './support.mjs';

test('each public name has a doc block, and docs/reference.md has them', () =>
  assertSucceeds(process.execPath, ['--import=tsx', 'scripts/docs.ts', '--check']));
