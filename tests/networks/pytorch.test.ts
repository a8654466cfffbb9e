// What PyTorch's older exporter really writes: the command of docs/models.md, run on networks of well-
// known families, and each file beside ONNX Runtime on a picture whose sides are no multiples.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findTrainingPython } from '../../scripts/setup/training.mjs';
import { openUpscaler } from '../web/support/node-upscaler.ts';
import { runReference } from '../web/support/onnxruntime.ts';
import { furthestLevel } from './levels.ts';
import { makePicture, toSamples } from './pictures.ts';

const SCRIPT = fileURLToPath(new URL('pytorch/export.py', import.meta.url));
const DOCS = new URL('../../docs/models.md', import.meta.url);
const LEAST_NETWORKS = 9;
const HALF_A_LEVEL = 0.501;

const python = findTrainingPython();
const skip = python === null && 'PyTorch is not installed';
let folder: string;

/** The older exporter's command, for a PyTorch that has no other. */
async function exportCommand(): Promise<string> {
  const found = /# PyTorch, the older exporter\n([\s\S]+?)\n#/.exec(await readFile(DOCS, 'utf8'));
  const command = found?.[1] ?? '';
  assert.ok(command.includes("'net.onnx'"));
  return command.replace("'net.onnx'", 'path').replace('dynamo=False, ', '');
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-pytorch-'));
});

after(() => rm(folder, { recursive: true }));

test('files of the older exporter run on a picture of any size', { skip }, async () => {
  const { status, stderr } = spawnSync(python as string, [SCRIPT, folder], {
    input: await exportCommand(),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.onnx'));
  assert.ok(names.length >= LEAST_NETWORKS);
  const picture = makePicture(53, 45, 5);
  for (const name of names) {
    const model = await readFile(join(folder, name));
    const exact = await runReference(model, toSamples(picture, 3, {}));
    const upscaler = await openUpscaler({ model, workers: 1 });
    const result = await upscaler.upscale(picture, { output: 'raw' });
    await upscaler.dispose();
    assert.ok(furthestLevel(result, exact) <= HALF_A_LEVEL, name);
  }
});
