// The lean core runs every shipped model as the full one does, and makes way for it where a network needs more.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { type ModelSource, Pool, Upscaler } from '../../../web/src/index.ts';
import { type CoreModule, loadCore, loadModel, runPicture } from '../support/core.ts';
import { conv } from '../support/layers.ts';
import { nodeOptions } from '../support/node-upscaler.ts';
import { OnnxBuilder } from '../support/onnx-builder.ts';
import { randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';

const modelFile = (name: string) =>
  new Uint8Array(readFileSync(join(DIST, 'models', `${name}.onnx`)));

function describeModel(core: CoreModule, file: Uint8Array): unknown {
  const model = loadModel(core, file);
  try {
    return model.info();
  } finally {
    model.delete();
  }
}

describe('shipped models in both cores', () => {
  const picture = randomPicture(new Random(5), 21, 18);
  let full: CoreModule;
  let lean: CoreModule;
  before(async () => {
    [full, lean] = await Promise.all([loadCore('simd'), loadCore('simd-lean')]);
  });
  for (const { name } of Upscaler.models) {
    test(name, () => {
      const file = modelFile(name);
      assert.deepEqual(describeModel(lean, file), describeModel(full, file));
      assert.deepEqual(runPicture(lean, file, picture), runPicture(full, file, picture));
    });
  }
});

test('the code of a page for a shipped model is within its budget', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts', 'size.mjs'), '--check'],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout + stderr);
});

test('a pool begins lean, and grows when a network needs it', async () => {
  const { baseUrl, createWorker, variant, fetch } = nodeOptions();
  await using pool = new Pool({ baseUrl, createWorker, variant, fetch, workers: 1 });
  const open = (model: ModelSource, more = {}) =>
    Upscaler.create({ model, pool, baseUrl, fetch, ...more });
  const picture = randomPicture(new Random(6), 40, 30);

  await using shipped = await open('photo-x2-tiny');
  assert.equal(shipped.info.core, 'lean');
  const expected = await shipped.upscale(picture);

  await using own = await open(modelFile('photo-x2-tiny'));
  assert.equal(own.info.core, 'full');
  assert.deepEqual(await own.upscale(picture), expected);
  assert.deepEqual(await shipped.upscale(picture), expected);

  await using later = await open('photo-x2-tiny');
  assert.equal(later.info.core, 'full', 'the larger core is there already');
});

test("a network of one's own has the lean core when that is asked for, or learns why not", async () => {
  const { workers: _, ...options } = nodeOptions();
  const picture = randomPicture(new Random(7), 40, 30);
  const open = (core: 'lean' | 'full', model: ModelSource) =>
    Upscaler.create({ ...options, model, core, border: 0 });
  const answer =
    "this is the lean core's answer: without core: 'lean' the full one looks at the model";
  const halves = new Uint8Array(readFileSync(join(ROOT, 'models', 'float', 'photo-x2-tiny.onnx')));
  await assert.rejects(open('lean', halves), {
    code: 'ERR_MODEL_OP',
    message: new RegExp(`operator Cast .* is not supported.*; ${answer}`),
  });
  const float = new OnnxBuilder();
  const convolved = conv(float, new Random(8), float.input, 3, 3);
  await assert.rejects(open('lean', float.build(convolved)), {
    code: 'ERR_UNSUPPORTED',
    message: new RegExp(`\\(Conv\\) runs in float; ${answer}`),
  });

  const model = modelFile('photo-x2-tiny');
  await using lean = await open('lean', model);
  await using full = await open('full', model);
  assert.deepEqual([lean.info.core, full.info.core], ['lean', 'full']);
  assert.deepEqual(await lean.upscale(picture), await full.upscale(picture));
});

test('a shipped model that is read in another way has the full core', async () => {
  const { workers: _, ...options } = nodeOptions();
  await using upscaler = await Upscaler.create({ ...options, model: 'photo-x2-tiny', border: 0 });
  assert.equal(upscaler.info.core, 'full');
});
