// UpscalerJS's models as ONNX files: the layers by themselves, and, where they are installed, whole
// models against TensorFlow.js.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import {
  type LayersModelJson,
  parseLayersModel,
  readLayersModel,
} from '../../../bench/web/networks/layers-model.ts';
import { layersToOnnx, toOihw } from '../../../bench/web/networks/layers-to-onnx.ts';
import { readOnnx } from '../../../bench/web/networks/onnx-file.ts';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { type FloatImage, fromNhwc, runReference, toNhwc } from '../support/onnxruntime.ts';
import { Random } from '../support/random.ts';

type Settings = Record<string, unknown>;
type Description = [kind: string, name: string, inputs: string[], config?: Settings];

/** A model.json of some layers, the last of which is the output. */
function model(layers: Description[], weights: Record<string, number[]>): LayersModelJson {
  const node = (name: string): [string, number, number] => [name, 0, 0];
  return {
    format: 'layers-model',
    modelTopology: {
      model_config: {
        class_name: 'Functional',
        config: {
          layers: layers.map(([class_name, name, inputs, config = {}]) => ({
            ...{ class_name, name, config },
            inbound_nodes: inputs.length === 0 ? [] : [inputs.map(node)],
          })),
          input_layers: [node('in')],
          output_layers: [node(layers.at(-1)?.[1] as string)],
        },
      },
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: Object.entries(weights).map(([name, shape]) => ({
          ...{ name, shape, dtype: 'float32' },
        })),
      },
    ],
  };
}

const INPUT: Description = ['InputLayer', 'in', [], { batch_input_shape: [null, null, null, 3] }];
const SAME = { padding: 'same', strides: [1, 1], data_format: 'channels_last' };

const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
const zeros = (count: number) => floats(Array(count).fill(0));

/** A 1x1 convolution of three channels whose weights are zero, with other settings. */
const conv = (config: Settings): Description => ['Conv2D', 'c', ['in'], { ...SAME, ...config }];
const KERNEL = { 'c/kernel': [1, 1, 3, 3], 'c/bias': [3] };
const convert = (json: LayersModelJson, bytes: Uint8Array) =>
  layersToOnnx(parseLayersModel(json, [bytes]), [0, 255]);
const refused = (layer: Description, message: RegExp) =>
  assert.throws(() => convert(model([INPUT, layer], KERNEL), zeros(12)), message);

describe('converting layers of TensorFlow.js', () => {
  test('computes what the layers say', async () => {
    const json = model(
      [
        INPUT,
        conv({ activation: 'linear' }),
        ['Activation', 'relu', ['c'], { activation: 'relu' }],
        ['Concatenate', 'both', ['relu', 'in'], { axis: 3 }],
        ['Conv2D', 'mix', ['both'], { ...SAME, use_bias: false }],
        ['Add', 'sum', ['mix', 'in']],
        ['UpSampling2D', 'up', ['sum'], { size: [2, 2], interpolation: 'nearest' }],
      ],
      { ...KERNEL, 'mix/kernel': [1, 1, 6, 3] },
    );
    // c = 1 - the input with its channels turned: red from green, green from blue, blue from red.
    const turn = [0, 0, -1, -1, 0, 0, 0, -1, 0, 1, 1, 1];
    // mix = the first half times 10, plus the second half times 100.
    const mix = Array.from({ length: 18 }, (_, i) =>
      Math.floor(i / 3) % 3 === i % 3 ? (i < 9 ? 10 : 100) : 0,
    );
    const { file, scale, multiplicationsPerPixel, overlap } = convert(
      json,
      floats([...turn, ...mix]),
    );
    assert.deepEqual([scale, multiplicationsPerPixel, overlap], [2, 27, 0]);
    const image: FloatImage = { shape: [3, 1, 2], data: Float32Array.of(0, 2, 0.5, 3, 0.25, 1) };
    const { shape, data } = await runReference(file, image);
    assert.deepEqual(shape, [3, 2, 4]);
    const pixel = (red: number, green: number, blue: number) => {
      const first = [1 - green, 1 - blue, 1 - red].map((value) => 10 * Math.max(0, value));
      return [red, green, blue].map((value, i) => (first[i] as number) + 101 * value);
    };
    const [left, right] = [pixel(0, 0.5, 0.25), pixel(2, 3, 1)];
    for (let i = 0; i < data.length; i++) {
      const expected = (i % 4 < 2 ? left : right)[Math.floor(i / 8)] as number;
      assert.ok(Math.abs((data[i] as number) - expected) < 1e-3, `${data[i]}, not ${expected}`);
    }
  });

  test('kernels are turned from rows first to outputs first', () => {
    const values = Float32Array.from({ length: 9 * 2 * 3 }, (_, i) => i);
    const turned = toOihw({ shape: [3, 3, 2, 3], values });
    // Output 2, input 1, row 0, column 1.
    assert.equal(turned[2 * 18 + 9 + 1], 1 * 6 + 1 * 3 + 2);
    assert.deepEqual(
      [...turned].sort((a, b) => a - b),
      [...values],
    );
  });

  test('notes the range, and counts a convolution of the enlarged picture as often as it runs', () => {
    const json = model(
      [INPUT, ['UpSampling2D', 'up', ['in'], { size: [2, 2] }], ['Conv2D', 'c', ['up'], SAME]],
      { 'c/kernel': [3, 3, 3, 3], 'c/bias': [3] },
    );
    const { file, multiplicationsPerPixel, overlap } = convert(json, zeros(84));
    assert.equal(multiplicationsPerPixel, 4 * 81);
    // Half an input pixel, which tiles can only overlap by as a whole.
    assert.equal(overlap, 1);
    assert.match(new TextDecoder('latin1').decode(file), /tessera\.output_range\W+0,255/);
    assert.equal(readOnnx(file).nodes.length, 2);
  });

  test('names the layer that it does not know', () => {
    refused(['PixelShuffle', 'ps', ['in']], /layer ps is a PixelShuffle/);
    refused(conv({ strides: [2, 2] }), /layer c has strides \[2,2\]/);
    refused(conv({ activation: 'tanh' }), /layer c has activation "tanh"/);
    refused(['UpSampling2D', 'u', ['in'], { size: [2, 2], interpolation: 'bilinear' }], /bilinear/);
    refused(['Concatenate', 'cat', ['in', 'in'], { axis: 1 }], /layer cat has axis 1/);
    refused(['Add', 'a', ['missing']], /takes missing/);
  });

  test('refuses weights that are missing or of another type', () => {
    const json = model([INPUT, conv({})], KERNEL);
    assert.throws(() => convert(json, zeros(11)), /ends before c\/bias/);
    const weights = json.weightsManifest[0]?.weights[0] as { dtype: string };
    weights.dtype = 'float16';
    assert.throws(() => convert(json, zeros(12)), /c\/kernel are not plain float32/);
  });
});

const PEERS = join(ROOT, 'bench', 'web', 'node_modules');
const TFJS = join(PEERS, '@tensorflow', 'tfjs', 'dist', 'tf.node.js');
const MODELS = {
  'default-model': 'default-model/models',
  'esrgan-slim-x3': 'esrgan-slim/models/x3',
  'esrgan-slim-x4': 'esrgan-slim/models/x4',
};

/** What TensorFlow.js makes of an image with a model, on its backend in plain JavaScript. */
async function runTfjs(path: string, image: FloatImage): Promise<FloatImage> {
  const { default: tf } = await import(TFJS);
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = Buffer.concat(paths.map((name: string) => readFileSync(join(dirname(path), name))));
  const loaded = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: weights,
      weightData: new Uint8Array(bytes).buffer,
    }),
  );
  const [channels, height, width] = image.shape;
  const output = loaded.predict(tf.tensor4d(toNhwc(image), [1, height, width, channels]));
  const [, rows, columns, colours] = output.shape;
  return fromNhwc(await output.data(), rows, columns, colours);
}

describe("UpscalerJS's models", () => {
  for (const [name, folder] of Object.entries(MODELS)) {
    const path = join(PEERS, '@upscalerjs', folder, 'model.json');
    const skip = !(existsSync(path) && existsSync(TFJS)) && '`npm run bench` installs the peers';
    test(`${name} computes what it does in TensorFlow.js`, { skip }, async () => {
      const random = new Random(3);
      const shape: FloatImage['shape'] = [3, 13, 17];
      const data = Float32Array.from({ length: 3 * 13 * 17 }, () => random.next() * 255);
      const { file, scale } = layersToOnnx(readLayersModel(path), [0, 255]);
      const [ours, theirs] = [
        await runReference(file, { shape, data }, { optimize: false }),
        await runTfjs(path, { shape, data }),
      ];
      assert.deepEqual(theirs.shape, [3, 13 * scale, 17 * scale]);
      assert.deepEqual(ours.shape, theirs.shape);
      const apart = ours.data.map((value, i) => Math.abs(value - (theirs.data[i] as number)));
      // Of 255 levels; the order of additions is all that differs.
      assert.ok(Math.max(...apart) < 0.01, `${Math.max(...apart)} levels apart`);
    });
  }
});
