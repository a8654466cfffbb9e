import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NetworkFiles } from '../../../bench/web/networks/files.ts';
import {
  type ConvLayer,
  hasPrelu,
  inDepthColumnRowOrder,
  leaky,
  liftNetwork,
  toOhwi,
} from '../../../bench/web/networks/layers.ts';
import { readOnnx, withLeakyRelu, withOutputs } from '../../../bench/web/networks/onnx-file.ts';
import { writeTfjs } from '../../../bench/web/networks/tfjs.ts';
import { writeTflite } from '../../../bench/web/networks/tflite.ts';
import { TfliteBuilder } from '../../../bench/web/networks/tflite-builder.ts';
import { FlatTable } from '../../../web/src/convert/flatbuffer-table.ts';
import { benchmarkNetwork } from '../support/benchmark-networks.ts';
import { OnnxBuilder, tensor } from '../support/onnx-builder.ts';

const file = (name: 'plain32' | 'photo-x2' | 'srresnet') => benchmarkNetwork(name, 'int8').file;
const lift = (name: 'plain32' | 'photo-x2' | 'srresnet') => liftNetwork(readOnnx(file(name)));

const CODES = { ADD: 0, CONV_2D: 3, DEPTH_TO_SPACE: 5, DEQUANTIZE: 6, PRELU: 54, QUANTIZE: 114 };

function operators(bytes: Uint8Array): number[] {
  const root = FlatTable.root(bytes);
  const codes = root.tables(1).map((code) => code.int(3));
  const [graph] = root.tables(2) as [FlatTable];
  return graph.tables(3).map((operator) => codes[operator.int(0)] as number);
}

describe('networks for other runtimes', () => {
  test('a network is read layer by layer', () => {
    const { layers, tensors, scale } = lift('photo-x2');
    assert.deepEqual(
      layers.map(({ op }) => op),
      [...Array(7).fill('conv'), 'shuffle', 'enlarge', 'add'],
    );
    assert.equal(scale, 2);
    assert.deepEqual(tensors.at(-1), { channels: 3, magnification: 2 });
    assert.ok(hasPrelu(lift('photo-x2')) && !hasPrelu(lift('plain32')));
  });

  test('a result depends on as many pixels as its convolutions reach over', () => {
    assert.equal(new NetworkFiles('photo-x2', 16).overlap, 7);
    // 9x9, 33 times 3x3, and at four times the extent 9x9; before it 3x3 at once and twice the extent.
    assert.equal(new NetworkFiles('srresnet', 16).overlap, Math.ceil(4 + 33 + 1 + 0.5 + 1));
  });

  test('other operators are refused by name', () => {
    const builder = new OnnxBuilder();
    const sine = builder.build(builder.node('Sin', [builder.input]));
    assert.throws(() => liftNetwork(readOnnx(sine)), /Sin/);
    const loose = new OnnxBuilder();
    const weights = tensor([3, 3, 1, 1], new Array(9).fill(0));
    const float = loose.build(loose.node('Conv', [loose.input, weights]));
    assert.throws(() => liftNetwork(readOnnx(float)), /quantized/);
  });

  test('one slope per layer takes the place of one per channel, in both forms', () => {
    const file32 = file('photo-x2');
    const ops = readOnnx(withLeakyRelu(file32)).nodes;
    assert.ok(!ops.some(({ op }) => op === 'PRelu'));
    const inOnnx = ops.filter(({ op }) => op === 'LeakyRelu').map(({ attributes }) => attributes);
    const inLayers = leaky(lift('photo-x2')).layers.flatMap((layer) =>
      layer.op === 'conv' && layer.activation.kind === 'leaky' ? [layer.activation.slope] : [],
    );
    assert.equal(inOnnx.length, 6);
    assert.deepEqual(
      inOnnx.map((attributes) => Math.fround(attributes.get('alpha') as number)),
      inLayers.map(Math.fround),
    );
  });

  test('values within a network can become its outputs, and what follows them is gone', () => {
    const whole = readOnnx(file('plain32'));
    const convs = whole.nodes.filter(({ op }) => op === 'Conv').map(({ output }) => output);
    const cut = readOnnx(withOutputs(file('plain32'), convs));
    assert.equal(cut.output, convs[0]);
    assert.equal(cut.nodes.at(-1)?.output, convs.at(-1));
    assert.ok(cut.nodes.length < whole.nodes.length);
  });

  test('depth-to-space gets all colours of a pixel beside each other', () => {
    const network = lift('plain32');
    const conv = network.layers.at(-2) as ConvLayer;
    const moved = inDepthColumnRowOrder(network).layers.at(-2) as ConvLayer;
    // Channel 4 of 12 is the first pixel's second colour in ONNX, channel 1 there.
    assert.equal(moved.bias[1], conv.bias[4]);
    assert.equal(moved.weightScales[1], conv.weightScales[4]);
    const each = conv.weights.length / conv.outputs;
    assert.deepEqual(moved.weights.slice(each, 2 * each), conv.weights.slice(4 * each, 5 * each));
    assert.deepEqual([...moved.bias].sort(), [...conv.bias].sort());
  });

  test('weights are laid out with their input channels last', () => {
    const conv = { inputs: 2, outputs: 2, kernel: 1 } as ConvLayer;
    assert.deepEqual(toOhwi(conv, [1, 2, 3, 4]), [1, 2, 3, 4]);
    const wide = { inputs: 2, outputs: 1, kernel: 3 } as ConvLayer;
    const values = Array.from({ length: 18 }, (_, i) => i);
    assert.deepEqual(toOhwi(wide, values).slice(0, 4), [0, 9, 1, 10]);
  });

  test('layers for TensorFlow.js point at their weights', () => {
    const { layers, floats } = writeTfjs(lift('photo-x2'));
    const [conv] = layers;
    assert.ok(conv?.op === 'conv' && conv.activation === 'prelu' && conv.slopes);
    assert.deepEqual(conv.shape, [3, 3, 3, 32]);
    assert.equal(conv.weights.length, 3 * 3 * 3 * 32);
    const ends = layers.flatMap((layer) =>
      layer.op === 'conv' ? [layer.bias.offset + layer.bias.length] : [],
    );
    assert.ok(Math.max(...ends) <= floats.length);
  });
});

describe('TensorFlow Lite files', () => {
  test('say what they are, and keep data at multiples of 16 bytes', () => {
    const bytes = writeTflite(lift('plain32'), 'float', 16, new Map());
    assert.equal(new TextDecoder().decode(bytes.subarray(4, 8)), 'TFL3');
    const root = FlatTable.root(bytes);
    assert.equal(root.int(0), 3);
    const [graph] = root.tables(2) as [FlatTable];
    const tensors = graph.tables(0);
    const shapeOf = (index: number) => (tensors[index] as FlatTable).ints(0);
    assert.deepEqual(shapeOf(graph.ints(1)[0] as number), [1, 16, 16, 3]);
    assert.deepEqual(shapeOf(graph.ints(2)[0] as number), [1, 32, 32, 3]);
    for (const tensor of tensors) {
      if (tensor.int(2) === 0) continue;
      const data = (root.tables(4)[tensor.int(2)] as FlatTable).bytes(0);
      assert.equal((data.byteOffset - bytes.byteOffset) % 16, 0);
      assert.ok(data.length > 0);
    }
  });

  test('hold constants as they are given', () => {
    const builder = new TfliteBuilder();
    const a = builder.tensor({ type: 'float32', shape: [3] });
    const b = builder.tensor({ type: 'float32', shape: [3], values: [1.5, -2, 3] });
    const c = builder.tensor({ type: 'float32', shape: [3] });
    builder.operator('ADD', [a, b], c);
    const root = FlatTable.root(builder.build(a, c));
    const [graph] = root.tables(2) as [FlatTable];
    const buffer = root.tables(4)[(graph.tables(0)[b] as FlatTable).int(2)] as FlatTable;
    const bytes = buffer.bytes(0);
    assert.deepEqual([...new Float32Array(bytes.slice().buffer)], [1.5, -2, 3]);
    const [add] = graph.tables(3) as [FlatTable];
    assert.deepEqual([add.ints(1), add.ints(2)], [[a, b], [c]]);
  });

  test('compute PReLU in 8 bits or in float, between a dequantization and a quantization', () => {
    const network = lift('photo-x2');
    const ranges = new Map(
      network.layers.flatMap((layer) =>
        layer.op === 'conv' ? [[layer.name, [-1, 1] as const] as const] : [],
      ),
    );
    const count = (bytes: Uint8Array, code: number) =>
      operators(bytes).filter((each) => each === code).length;
    const inCodes = writeTflite(network, 'int8', 16, ranges);
    const inFloat = writeTflite(network, 'int8-fprelu', 16, ranges);
    // The picture is quantized first and dequantized last in both.
    assert.deepEqual([count(inCodes, CODES.PRELU), count(inCodes, CODES.QUANTIZE)], [6, 1]);
    assert.deepEqual([count(inFloat, CODES.PRELU), count(inFloat, CODES.QUANTIZE)], [6, 7]);
    assert.equal(count(inFloat, CODES.DEQUANTIZE), 7);
    assert.equal(count(inCodes, CODES.CONV_2D), 7);
  });

  test('need a range for what the network does not round', () => {
    assert.throws(() => writeTflite(lift('photo-x2'), 'int8', 16, new Map()), /range/);
  });
});
