// The training recipe's own tests, and all its steps in short, on images they make.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DIST } from '../../scripts/lib/paths.mjs';
import { findTrainingPython } from '../../scripts/setup/training.mjs';
import { assertSucceeds } from './support.mjs';

const python = findTrainingPython();
const skip =
  python === null && 'PyTorch is not installed: scripts/setup.mjs --training says what is needed';
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-training-'));
});

after(() => rm(folder, { recursive: true }));

test("the training recipe's tests pass", { skip }, () =>
  assertSucceeds(python, ['-m', 'unittest', 'discover', '-s', 'models/train/tests', '-t', '.']),
);

test("earlier systems' generators are as large as published", { skip }, () =>
  assertSucceeds(python, ['-m', 'unittest', 'discover', '-s', 'models/arch/tests', '-t', '.']),
);

for (const [name, scale] of [
  ['photo-x2-small', 2],
  ['restore-x4-perceptual', 4],
]) {
  test(`one command makes ${name} in all steps`, { skip }, async () => {
    await assertSucceeds(python, ['-m', 'models.train', name, '--smoke', '--output', folder]);
    const cli = join(DIST, 'cli', 'tessera.mjs');
    const inspect = async (path) =>
      JSON.parse(await assertSucceeds(process.execPath, [cli, 'inspect', path, '--json']));
    const shipped = await inspect(join(folder, `${name}.onnx`));
    assert.deepEqual([shipped.name, shipped.scale, shipped.exact], [name, scale, true]);
    const convolutions = shipped.nodes.filter(({ op }) => op === 'Conv');
    assert.ok(convolutions.length > 5 && convolutions.every(({ runs }) => runs === 'int8'));
    const parent = await inspect(join(folder, 'float', `${name}.onnx`));
    assert.ok(parent.nodes.every(({ runs }) => runs !== 'int8'));
    assert.ok(parent.parameters > 40_000);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    assert.equal(manifest[name].bytes, shipped.fileBytes);
  });
}
