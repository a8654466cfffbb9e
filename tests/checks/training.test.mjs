// The training recipe's own tests, on images they make.
import { test } from 'node:test';
import { findTrainingPython } from '../../scripts/setup/training.mjs';
import { assertSucceeds } from './support.mjs';

test("the training recipe's tests pass", async (t) => {
  const python = findTrainingPython();
  if (python === null) {
    t.skip('PyTorch is not installed: scripts/setup.mjs --training says what is needed');
    return;
  }
  await assertSucceeds(python, [
    '-m',
    'unittest',
    'discover',
    '-s',
    'models/train/tests',
    '-t',
    '.',
  ]);
});
