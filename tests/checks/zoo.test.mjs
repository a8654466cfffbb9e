// The table of scores is about the models there are.
import { test } from 'node:test';
import { assertSucceeds } from './support.mjs';

test('models/README.md has a score for every shipped model', () =>
  assertSucceeds(process.execPath, ['--import=tsx', 'scripts/eval-zoo.ts', '--check']));

test('the cards are what the files and scores say', () =>
  assertSucceeds(process.execPath, ['--import=tsx', 'scripts/model-cards.ts', '--check']));
