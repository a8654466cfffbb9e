// Models that TensorFlow.js builds, saves and runs, converted, and run by ONNX Runtime and by the core.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { GraphModel } from '@tensorflow/tfjs-converter';
import { fetchFile } from '../../../web/node/host.ts';
import { artifactsToOnnx, cleanOnnx } from '../../../web/src/convert/index.ts';
import { type FetchFunction, TesseraError } from '../../../web/src/index.ts';
import { type CoreModule, loadCore } from '../support/core.ts';
import { GraphBuilder } from '../support/graph-json.ts';
import { openUpscaler, startThread } from '../support/node-upscaler.ts';
import { runReference } from '../support/onnxruntime.ts';
import { randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';
import { assertComputes, distance, randomImage } from '../support/same-network.ts';
import {
  artifactsOf,
  filesOf,
  layers,
  layersModel,
  predict,
  randomize,
  tf,
} from '../support/tensorflow.ts';
import { GRAPH_CASES } from '../support/tensorflow-graphs.ts';
import { attention, conv, LAYER_CASES } from '../support/tensorflow-layers.ts';

const cores: CoreModule[] = [];
before(async () => void cores.push(await loadCore()));

test('an upscaler takes the address of a model.json, its files, or the model in memory', async () => {
  const random = new Random(4);
  const model = layersModel((x) => conv(x, { filters: 3 }));
  randomize(model, random);
  const artifacts = await artifactsOf(model);
  const files = filesOf(artifacts);
  const asked: string[] = [];
  const fetch: FetchFunction = async (url, init) => {
    if (!url.startsWith('https://models.test/')) return fetchFile(url, init);
    const name = url.slice('https://models.test/x1/'.length);
    asked.push(name);
    return new Response(files.get(name) as Uint8Array<ArrayBuffer>);
  };
  const list = [...files].map(([name, bytes]) => new File([bytes as BlobPart], name));
  const { 'model.json': json, ...externalData } = Object.fromEntries(files);
  const sources = [
    'https://models.test/x1/model.json',
    list,
    { model: json as Uint8Array, externalData },
    artifacts,
    artifactsToOnnx(artifacts),
  ];
  const picture = randomPicture(random, 9, 7);
  const results = [];
  let started = 0;
  const createWorker = () => {
    started++;
    return startThread();
  };
  for (const source of sources) {
    const upscaler = await openUpscaler({ model: source, workers: 1, fetch, createWorker });
    results.push((await upscaler.upscale(picture, { output: 'raw' })).data);
    await upscaler.dispose();
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  assert.deepEqual(asked, [...files.keys()]);
  // One upscales, and one before it has converted all but the last, which is ONNX.
  assert.equal(started, 2 * sources.length - 1);
  await assert.rejects(openUpscaler({ model: list.slice(0, 2), workers: 1 }), (error) => {
    assert.ok(error instanceof TesseraError);
    assert.equal(error.code, 'ERR_MODEL_FORMAT');
    assert.match(error.message, /keeps weights in group1-shard2of2\.bin, which was not given/);
    return true;
  });
  const integrity = `sha256-${'A'.repeat(43)}=`;
  await assert.rejects(
    openUpscaler({ model: sources[0] as string, integrity, workers: 1, fetch }),
    {
      code: 'ERR_UNSUPPORTED',
      message: /integrity says nothing of the 2 other files/,
    },
  );
});

describe('graphs of TensorFlow.js', () => {
  for (const [name, build] of Object.entries(GRAPH_CASES)) {
    test(name, async () => {
      const g = new GraphBuilder();
      const artifacts = g.build(build(g));
      const handler = tf.io.fromMemory(artifacts as tf.io.ModelArtifacts) as tf.io.IOHandler;
      const model = new GraphModel(handler);
      await model.load();
      const picture = randomImage(new Random(9), 8, 6);
      const file = artifactsToOnnx(artifacts);
      await assertComputes(cores[0] as CoreModule, file, picture, predict(model, picture));
    });
  }
});

describe('layers of TensorFlow.js', () => {
  for (const [name, build] of Object.entries(LAYER_CASES)) {
    test(name, async () => {
      const random = new Random(5);
      const model = layersModel(build);
      randomize(model, random);
      const picture = randomImage(random, 8, 6);
      const file = artifactsToOnnx(await artifactsOf(model));
      await assertComputes(cores[0] as CoreModule, file, picture, predict(model, picture));
    });
  }

  test('weights that were rounded to 8 and 16 bits and to halves are what TensorFlow.js makes of them', async () => {
    const random = new Random(6);
    const model = layersModel((x) => conv(x));
    randomize(model, random);
    const artifacts = await artifactsOf(model);
    const [kernel, bias] = artifacts.weightSpecs as NonNullable<typeof artifacts.weightSpecs>;
    const codes8 = Uint8Array.from({ length: 108 }, () => random.integer(0, 255));
    const codes16 = Uint16Array.from({ length: 108 }, () => random.integer(0, 65535));
    const halves = Uint16Array.from({ length: 108 }, () => random.integer(0x2000, 0x3bff));
    const forms = [
      [{ dtype: 'uint8', scale: 0.003, min: -0.4 }, codes8],
      [{ dtype: 'uint16', scale: 1.5e-5, min: -0.5 }, codes16],
      [{ dtype: 'float16' }, halves],
    ] as const;
    for (const [quantization, codes] of forms) {
      const bytes = Buffer.concat([
        Buffer.from(codes.buffer),
        Buffer.from(Float32Array.of(0, 1, 2, 3).buffer),
      ]);
      const rounded = {
        ...artifacts,
        weightSpecs: [{ ...kernel, quantization }, bias],
        weightData: new Uint8Array(bytes).buffer,
      };
      const loaded = await layers.loadLayersModel(
        tf.io.fromMemory(rounded as tf.io.ModelArtifacts),
      );
      const picture = randomImage(random, 5, 7);
      await assertComputes(
        cores[0] as CoreModule,
        artifactsToOnnx(rounded as Parameters<typeof artifactsToOnnx>[0]),
        ...([picture, predict(loaded, picture)] as const),
      );
    }
  });

  test('halves for download change results by less than a level', async () => {
    const random = new Random(7);
    const model = layersModel(attention);
    randomize(model, random);
    const picture = randomImage(random, 8, 6);
    const file = artifactsToOnnx(await artifactsOf(model));
    const half = cleanOnnx(file, { float16: true });
    const clean = cleanOnnx(file);
    assert.ok(half.length < clean.length && clean.length < file.length);
    const expected = await runReference(file, picture);
    assert.equal(distance(await runReference(clean, picture), expected), 0);
    const apart = distance(await runReference(half, picture), expected);
    assert.ok(apart > 0 && apart < 1 / 255, `${apart}`);
    await assertComputes(cores[0] as CoreModule, half, picture, await runReference(half, picture));
  });
});
