// TensorFlow Lite files: each operator beside TensorFlow.js's, whole networks beside the same as ONNX files, in float, in
// halves and in 8 bits; and damaged files.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { KNOWN_NETWORKS } from '../../../bench/web/networks/known/networks.ts';
import { planToOnnx } from '../../../bench/web/networks/known/plan-to-onnx.ts';
import { planToTflite } from '../../../bench/web/networks/known/plan-to-tflite.ts';
import { liftNetwork } from '../../../bench/web/networks/layers.ts';
import { readOnnx } from '../../../bench/web/networks/onnx-file.ts';
import { writeTflite } from '../../../bench/web/networks/tflite.ts';
import {
  Fused,
  type OperatorName,
  type OperatorOptions,
  TfliteBuilder,
} from '../../../bench/web/networks/tflite-builder.ts';
import { tfliteToOnnx } from '../../../web/src/convert/index.ts';
import { decodeOnnx } from '../../../web/src/convert/onnx-file.ts';
import { TesseraError } from '../../../web/src/index.ts';
import { benchmarkNetwork } from '../support/benchmark-networks.ts';
import { type CoreModule, loadCore, runNetwork, runPicture } from '../support/core.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { type FloatImage, fromNhwc, toNhwc } from '../support/onnxruntime.ts';
import { type Pixels, randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';
import { assertComputes, distance, randomImage } from '../support/same-network.ts';
import { predict, tf } from '../support/tensorflow.ts';

type Tensor = tf.Tensor4D;
const HEIGHT = 6;
const WIDTH = 8;

/** A file of some operators, and what TensorFlow.js says that they compute. */
class Case {
  readonly #builder = new TfliteBuilder();
  readonly #random = new Random(11);
  readonly picture = this.#builder.tensor({ type: 'float32', shape: [1, HEIGHT, WIDTH, 3] });

  /** Weights, by their number and as TensorFlow.js has them. */
  weights(...shape: number[]): { number: number; values: tf.Tensor } {
    const values = this.#random.floats(
      shape.reduce((a, b) => a * b),
      0.5,
    );
    const number = this.#builder.tensor({ type: 'float32', shape, values });
    return { number, values: tf.tensor(values, shape) };
  }

  ints(...values: number[]): number {
    return this.#builder.tensor({ type: 'int32', shape: [values.length], values });
  }

  /** Adds an operator and returns the number of what it makes. */
  op(name: OperatorName, inputs: number[], shape: number[], options?: OperatorOptions): number {
    const to = this.#builder.tensor({ type: 'float32', shape });
    this.#builder.operator(name, inputs, to, options);
    return to;
  }

  build(output: number): Uint8Array {
    return this.#builder.build(this.picture, output);
  }
}

interface Made {
  output: number;
  expected: (x: Tensor) => tf.Tensor;
}

const SAME = { ints: { 1: 1, 2: 1, 4: 1, 5: 1 } };

const CASES: Record<string, (c: Case) => Made> = {
  'CONV_2D and RELU6 in one': (c) => {
    const [kernel, bias] = [c.weights(4, 3, 3, 3), c.weights(4)];
    const options = { ...SAME, bytes: { 3: Fused.relu6 } };
    const output = c.op(
      'CONV_2D',
      [c.picture, kernel.number, bias.number],
      [1, HEIGHT, WIDTH, 4],
      options,
    );
    const hwio = tf.transpose(kernel.values, [1, 2, 3, 0]) as Tensor;
    return {
      output,
      expected: (x) => tf.relu6(tf.add(tf.conv2d(x, hwio, 1, 'same'), bias.values)),
    };
  },
  'CONV_2D, valid and strided, and back': (c) => {
    const [kernel, bias] = [c.weights(3, 2, 2, 3), c.weights(3)];
    const options = { bytes: { 0: 1 }, ints: { 1: 2, 2: 2, 4: 1, 5: 1 } };
    const inputs = [c.picture, kernel.number, bias.number];
    const half = c.op('CONV_2D', inputs, [1, HEIGHT / 2, WIDTH / 2, 3], options);
    const size = c.ints(HEIGHT, WIDTH);
    const output = c.op('RESIZE_NEAREST_NEIGHBOR', [half, size], [1, HEIGHT, WIDTH, 3]);
    const hwio = tf.transpose(kernel.values, [1, 2, 3, 0]) as Tensor;
    return {
      output,
      expected: (x) => {
        const small = tf.add(tf.conv2d(x, hwio, 2, 'valid'), bias.values) as Tensor;
        return tf.image.resizeNearestNeighbor(small, [HEIGHT, WIDTH]);
      },
    };
  },
  'DEPTHWISE_CONV_2D of two results each': (c) => {
    const [kernel, bias] = [c.weights(1, 3, 3, 6), c.weights(6)];
    const options = { ints: { 1: 1, 2: 1, 3: 2, 5: 1, 6: 1 } };
    const output = c.op(
      'DEPTHWISE_CONV_2D',
      [c.picture, kernel.number, bias.number],
      [1, HEIGHT, WIDTH, 6],
      options,
    );
    const parts = tf.reshape(kernel.values, [3, 3, 3, 2]) as Tensor;
    return {
      output,
      expected: (x) => tf.add(tf.depthwiseConv2d(x, parts, 1, 'same'), bias.values),
    };
  },
  TRANSPOSE_CONV: (c) => {
    const kernel = c.weights(3, 4, 4, 3);
    const size = c.ints(1, 2 * HEIGHT, 2 * WIDTH, 3);
    const output = c.op(
      'TRANSPOSE_CONV',
      [size, kernel.number, c.picture],
      [1, 2 * HEIGHT, 2 * WIDTH, 3],
      {
        ints: { 1: 2, 2: 2 },
      },
    );
    const hwoi = tf.transpose(kernel.values, [1, 2, 0, 3]) as Tensor;
    const shape: [number, number, number, number] = [1, 2 * HEIGHT, 2 * WIDTH, 3];
    return { output, expected: (x) => tf.conv2dTranspose(x, hwoi, shape, 2, 'same') };
  },
  'DEPTH_TO_SPACE of SPACE_TO_DEPTH': (c) => {
    const deep = c.op('SPACE_TO_DEPTH', [c.picture], [1, HEIGHT / 2, WIDTH / 2, 12], {
      ints: { 0: 2 },
    });
    const output = c.op('DEPTH_TO_SPACE', [deep], [1, HEIGHT, WIDTH, 3], { ints: { 0: 2 } });
    return { output, expected: (x) => x };
  },
  'RESIZE_BILINEAR of half pixels': (c) => {
    const size = c.ints(3 * HEIGHT, 3 * WIDTH);
    const output = c.op('RESIZE_BILINEAR', [c.picture, size], [1, 3 * HEIGHT, 3 * WIDTH, 3], {
      bytes: { 3: 1 },
    });
    return {
      output,
      expected: (x) => tf.image.resizeBilinear(x, [3 * HEIGHT, 3 * WIDTH], false, true),
    };
  },
  RESIZE_NEAREST_NEIGHBOR: (c) => {
    const size = c.ints(2 * HEIGHT, 2 * WIDTH);
    const output = c.op(
      'RESIZE_NEAREST_NEIGHBOR',
      [c.picture, size],
      [1, 2 * HEIGHT, 2 * WIDTH, 3],
    );
    return { output, expected: (x) => tf.image.resizeNearestNeighbor(x, [2 * HEIGHT, 2 * WIDTH]) };
  },
  'PRELU, CONCATENATION and a sum with a function': (c) => {
    const slopes = c.weights(1, 1, 3);
    const rectified = c.op('PRELU', [c.picture, slopes.number], [1, HEIGHT, WIDTH, 3]);
    const both = c.op('CONCATENATION', [rectified, c.picture], [1, HEIGHT, WIDTH, 6], {
      ints: { 0: 3 },
    });
    const one = c.weights(6);
    const output = c.op('ADD', [both, one.number], [1, HEIGHT, WIDTH, 6], {
      bytes: { 0: Fused.relu },
    });
    return {
      output,
      expected: (x) => tf.relu(tf.add(tf.concat([tf.prelu(x, slopes.values), x], 3), one.values)),
    };
  },
  'channel attention by MEAN and FULLY_CONNECTED': (c) => {
    const mean = c.op('MEAN', [c.picture, c.ints(1, 2)], [1, 3]);
    const matrix = c.weights(3, 3);
    const dense = c.op('FULLY_CONNECTED', [mean, matrix.number], [1, 3]);
    const gate = c.op('LOGISTIC', [dense], [1, 3]);
    const wide = c.op('RESHAPE', [gate, c.ints(1, 1, 1, 3)], [1, 1, 1, 3]);
    const output = c.op('MUL', [c.picture, wide], [1, HEIGHT, WIDTH, 3]);
    return {
      output,
      expected: (x) => {
        const means = tf.mean(x, [1, 2]) as tf.Tensor2D;
        const product = tf.matMul(means, matrix.values as tf.Tensor2D, false, true);
        return tf.mul(x, tf.reshape(tf.sigmoid(product), [1, 1, 1, 3]));
      },
    };
  },
  'MIRROR_PAD, STRIDED_SLICE, PAD and a pool': (c) => {
    const mirrored = c.op(
      'MIRROR_PAD',
      [c.picture, c.ints(0, 0, 2, 0, 2, 0, 0, 0)],
      [1, HEIGHT + 2, WIDTH + 2, 3],
    );
    const part = c.op(
      'STRIDED_SLICE',
      [mirrored, c.ints(0, 1, 0, 0), c.ints(0, HEIGHT + 1, -2, 0), c.ints(1, 1, 1, 1)],
      [1, HEIGHT, WIDTH, 3],
      { ints: { 0: 0b1001, 1: 0b1001 } },
    );
    const output = c.op('AVERAGE_POOL_2D', [part], [1, HEIGHT, WIDTH, 3], {
      ints: { 1: 1, 2: 1, 3: 3, 4: 3 },
    });
    return {
      output,
      expected: (x) => {
        const padded = tf.mirrorPad(
          x,
          [
            [0, 0],
            [2, 0],
            [2, 0],
            [0, 0],
          ],
          'reflect',
        );
        const cut = tf.slice(padded, [0, 1, 0, 0], [1, HEIGHT, WIDTH, 3]) as Tensor;
        return tf.avgPool(cut, 3, 1, 'same');
      },
    };
  },
  'pixels that are moved by RESHAPE and TRANSPOSE': (c) => {
    const kernel = c.weights(12, 1, 1, 3);
    const wide = c.op('CONV_2D', [c.picture, kernel.number], [1, HEIGHT, WIDTH, 12], SAME);
    const six = c.op(
      'RESHAPE',
      [wide, c.ints(1, HEIGHT, WIDTH, 2, 2, 3)],
      [1, HEIGHT, WIDTH, 2, 2, 3],
    );
    const turned = c.op('TRANSPOSE', [six, c.ints(0, 1, 3, 2, 4, 5)], [1, HEIGHT, 2, WIDTH, 2, 3]);
    const output = c.op(
      'RESHAPE',
      [turned, c.ints(1, 2 * HEIGHT, 2 * WIDTH, 3)],
      [1, 2 * HEIGHT, 2 * WIDTH, 3],
    );
    const hwio = tf.transpose(kernel.values, [1, 2, 3, 0]) as Tensor;
    return { output, expected: (x) => tf.depthToSpace(tf.conv2d(x, hwio, 1, 'same') as Tensor, 2) };
  },
};

const cores: CoreModule[] = [];
before(async () => void cores.push(await loadCore()));
const core = () => cores[0] as CoreModule;

/** The greatest difference of two pictures, in levels. */
function levels(a: Pixels, b: Pixels): number {
  assert.deepEqual([a.width, a.height], [b.width, b.height]);
  return a.data.reduce(
    (most, byte, i) => Math.max(most, Math.abs(byte - (b.data[i] as number))),
    0,
  );
}

describe('operators of TensorFlow Lite', () => {
  for (const [name, make] of Object.entries(CASES)) {
    test(name, async () => {
      const c = new Case();
      const { output, expected } = make(c);
      const picture = randomImage(new Random(12), HEIGHT, WIDTH);
      const wanted = predict({ predict: (x) => expected(x as Tensor) }, picture);
      await assertComputes(core(), tfliteToOnnx(c.build(output)), picture, wanted);
    });
  }
});

describe('networks of TensorFlow Lite', () => {
  // A file is made for one size. Of RFDN a part is resized to a size in numbers, which holds for that one alone.
  for (const [name, height, width] of [
    ['fsrcnn', 12, 20],
    ['espcn', 12, 20],
    ['upconv7', 20, 28],
    ['rfdn', 32, 32],
  ] as const) {
    test(`${name} at ${width}x${height} is what it is as an ONNX file`, () => {
      const plan = KNOWN_NETWORKS[name].plan();
      const files = [tfliteToOnnx(planToTflite(plan, 32)), planToOnnx(plan)];
      const picture = randomImage(new Random(13), height, width);
      const [ours, theirs] = files.map((file) => runNetwork(core(), file, picture));
      const apart = distance(ours as FloatImage, theirs as FloatImage);
      assert.ok(apart < 1e-3, `${apart}`);
    });
  }

  test('in 8 bits it is within three levels of the quantized ONNX file, and its layers run on codes', () => {
    const onnx = benchmarkNetwork('plain32', 'int8').file;
    const network = liftNetwork(readOnnx(onnx));
    const file = tfliteToOnnx(writeTflite(network, 'int8', 16, new Map()));
    const picture = randomPicture(new Random(14), 16, 16);
    const apart = levels(runPicture(core(), file, picture), runPicture(core(), onnx, picture));
    assert.ok(apart <= 3, `${apart} levels`);
    const ops = decodeOnnx(file).graph?.node?.map(({ op_type }) => op_type) ?? [];
    assert.ok(ops.filter((op) => op === 'QuantizeLinear').length >= network.layers.length);
  });

  test('a network that takes and gives bytes says so', async () => {
    const b = new TfliteBuilder();
    const codes = { scales: [1], zeroPoint: 0 };
    const x = b.tensor({ type: 'uint8', shape: [1, 8, 8, 3], codes });
    const kernel = b.tensor({
      ...{
        type: 'uint8',
        shape: [3, 1, 1, 3],
        values: [255, 128, 128, 128, 255, 128, 128, 128, 255],
      },
      codes: { scales: [1 / 127], zeroPoint: 128 },
    });
    const bias = b.tensor({
      type: 'int32',
      shape: [3],
      values: [0, 0, 1270],
      codes: { scales: [1 / 127] },
    });
    const y = b.tensor({ type: 'uint8', shape: [1, 8, 8, 3], codes });
    b.operator('CONV_2D', [x, kernel, bias], y, SAME);
    const upscaler = await openUpscaler({ model: b.build(x, y), workers: 1 });
    const picture = randomPicture(new Random(15), 8, 8);
    const { data } = await upscaler.upscale(picture, { output: 'raw' });
    await upscaler.dispose();
    // The same picture, but for ten levels more of blue.
    for (let i = 0; i < data.length; i++) {
      const wanted = Math.min(255, (picture.data[i] as number) + (i % 4 === 2 ? 10 : 0));
      assert.ok(Math.abs((data[i] as number) - wanted) <= 1, `${i}: ${data[i]}, not ${wanted}`);
    }
  });

  test('weights in halves are read', async () => {
    const b = new TfliteBuilder();
    const x = b.tensor({ type: 'float32', shape: [1, 4, 4, 3] });
    const values = new Random(16).floats(9);
    const half = b.tensor({ type: 'float16', shape: [3, 1, 1, 3], values });
    const kernel = b.tensor({ type: 'float32', shape: [3, 1, 1, 3] });
    b.operator('DEQUANTIZE', [half], kernel);
    const y = b.tensor({ type: 'float32', shape: [1, 4, 4, 3] });
    b.operator('CONV_2D', [x, kernel], y, SAME);
    const picture = randomImage(new Random(17), 4, 4);
    const result = runNetwork(core(), tfliteToOnnx(b.build(x, y)), picture);
    const pixels = toNhwc(picture);
    const wanted = pixels.map((_, i) => {
      const [pixel, o] = [Math.floor(i / 3), i % 3];
      return [0, 1, 2].reduce(
        (sum, c) => sum + (pixels[3 * pixel + c] as number) * (values[3 * o + c] as number),
        0,
      );
    });
    assert.ok(distance(result, fromNhwc(wanted, 4, 4, 3)) < 2e-3);
  });
});

describe('files of TensorFlow Lite that cannot be converted', () => {
  const refused = (file: Uint8Array, code: string, says: RegExp) =>
    assert.throws(() => tfliteToOnnx(file), { code, message: says });
  const good = () => {
    const c = new Case();
    return c.build((CASES.TRANSPOSE_CONV as (c: Case) => Made)(c).output);
  };

  test('an operator without a form here is named', () => {
    const c = new Case();
    const output = c.op('NUMERIC_VERIFY', [c.picture], [1, HEIGHT, WIDTH, 3]);
    refused(
      c.build(output),
      'ERR_MODEL_OP',
      /operator 0 \(number 125\).*cannot be converted.*ONNX/,
    );
  });

  test('weights that are not as large as their shape are refused', () => {
    const b = new TfliteBuilder();
    const x = b.tensor({ type: 'float32', shape: [1, 4, 4, 3] });
    const kernel = b.tensor({ type: 'float32', shape: [1_000_000, 3, 3, 3], values: [1] });
    const y = b.tensor({ type: 'float32', shape: [1, 4, 4, 3] });
    b.operator('CONV_2D', [x, kernel], y, SAME);
    refused(b.build(x, y), 'ERR_MODEL_FORMAT', /has 4 bytes, not 108000000/);
  });

  test('files that are cut off or changed give errors of ours, and take no memory that they do not have', () => {
    const file = good();
    const random = new Random(18);
    const attempt = (bytes: Uint8Array) => {
      try {
        tfliteToOnnx(bytes);
      } catch (error) {
        assert.ok(error instanceof TesseraError, String((error as Error).stack));
      }
    };
    for (let length = 0; length < file.length; length += 5) attempt(file.subarray(0, length));
    for (let i = 0; i < 500; i++) {
      const changed = file.slice();
      for (let j = 0; j < 3; j++) changed[random.integer(0, 400)] = random.integer(0, 255);
      attempt(changed);
    }
  });
});
