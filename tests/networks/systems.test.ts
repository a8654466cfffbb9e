// The generators of earlier systems (models/arch), shortened, as PyTorch exports them: beside ONNX Runtime,
// and in tiles beside one piece.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { findTrainingPython } from '../../scripts/setup/training.mjs';
import { openUpscaler } from '../web/support/node-upscaler.ts';
import { runReference } from '../web/support/onnxruntime.ts';
import { furthestLevel } from './levels.ts';
import { makePicture, toSamples } from './pictures.ts';

// One of each form.
const NAMES = [
  ...['srgan', 'srgan-tensorlayer', 'srgan-keras', 'esrgan', 'rdn-slim', 'rrdn-thick'],
  ...['mesrgan', 'esrgan-16', 'prosr-small', 'prosr', 'edsr'],
];
const HALF_A_LEVEL = 0.501;
// Numbers enter and leave as they are: what pixels are to a network is another test's.
const PLAIN = { inputRange: [0, 1], outputRange: [0, 1], mean: 0, std: 1 } as const;

const python = findTrainingPython();
const skip = python === null && 'PyTorch is not installed';
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-systems-'));
});

after(() => rm(folder, { recursive: true }));

test('earlier systems run as in ONNX Runtime, and the same in tiles', { skip }, async () => {
  const short = ['--scale', '2', '--blocks', '1'];
  const command = ['-W', 'ignore', '-m', 'models.arch', ...NAMES, ...short, '--output', folder];
  const { status, stderr } = spawnSync(python as string, command, { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const name of NAMES) {
    const model = await readFile(join(folder, `${name}.onnx`));
    await using upscaler = await openUpscaler({ model, workers: 1, ...PLAIN });
    const { exact, overlap } = upscaler.model;
    assert.ok(exact, name);
    const tileSize = 2 * overlap + 12;
    const picture = makePicture(tileSize + 5, 22, 5);
    const whole = await upscaler.upscalePatch(picture);
    const reference = await runReference(model, toSamples(picture, 3, {}));
    assert.ok(furthestLevel(whole, reference) <= HALF_A_LEVEL, name);
    const asked = { output: 'raw', tileSize, overlap: 'exact' } as const;
    const tiled = await upscaler.upscale(picture, asked);
    assert.ok(Buffer.from(tiled.data).equals(Buffer.from(whole.data)), `${name} in tiles`);
  }
});
