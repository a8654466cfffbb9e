// Files of unusual makes: a factor as a second input, operators on 8-bit codes, old operator sets.
import { codes, int64s, type TensorData, tensor } from '../../web/support/onnx-builder.ts';
import { channelsOf, type Exporter, heightOf, type Value, widthOf } from '../exporter.ts';
import { type Network, PYTORCH } from '../network.ts';
import { keep } from './classic.ts';

const base = { scale: 2, forms: PYTORCH, int8: true, exact: true } satisfies Partial<Network>;

/** What a network of activations in [0, 2) is rounded to. */
const STEP = 2 / 255;

/** Weights as int8 codes, one scale per output. */
function weightCodes(net: Exporter, shape: number[], gain: number) {
  const fanIn = shape.slice(1).reduce((all, n) => all * n, 1);
  const scale = (gain * Math.sqrt(3 / fanIn)) / 127;
  const real = net.randoms(shape, gain * Math.sqrt(3 / fanIn));
  return {
    values: codes(
      shape,
      'int8',
      real.values.map((w) => Math.round(w / scale)),
    ),
    scale,
  };
}

const zero = (type: 'int8' | 'uint8') => codes([], type, [0]);
const step = tensor([], [STEP]);

/** QLinearConv, as ONNX Runtime's quantizer writes it in operator form, with the ReLU in the range. */
function qlinearConv(net: Exporter, x: Value, outputs: number): Value {
  const { values, scale } = weightCodes(net, [outputs, channelsOf(x), 3, 3], 1.2);
  const scales = tensor([outputs], Array<number>(outputs).fill(scale));
  const zeros = codes([outputs], 'int8', Array<number>(outputs).fill(0));
  const bias: TensorData = {
    shape: [outputs],
    type: 'int32',
    values: net.randoms([outputs], 0.05).values.map((b) => Math.round(b / (STEP * scale))),
  };
  const inputs = [x, step, zero('uint8'), values, scales, zeros, step, zero('uint8'), bias];
  const shape = [1, outputs, heightOf(x), widthOf(x)];
  return net.other('QLinearConv', inputs, shape, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
}

/** Quantized already: there is nothing left for `tessera quantize` to do. */
const qlinear: Network = {
  ...base,
  name: 'qlinear-operators',
  int8: false,
  forms: ['torchscript-11', 'torchscript-17', 'torchscript-13-constant-nodes'],
  build(net) {
    const quantized = net.other(
      'QuantizeLinear',
      [net.image, step, zero('uint8')],
      net.image.shape,
    );
    let x = qlinearConv(net, quantized, 12);
    x = qlinearConv(net, x, 12);
    const real = net.other('DequantizeLinear', [x, step, zero('uint8')], x.shape);
    const up = net.pixelShuffle(net.conv(real, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** ConvInteger behind DynamicQuantizeLinear: ONNX Runtime's dynamic quantization. */
const dynamicQuantization: Network = {
  ...base,
  name: 'dynamic-quantization',
  int8: false,
  forms: ['torchscript-11', 'torchscript-17'],
  build(net) {
    const conv = (x: Value, outputs: number, gain: number) => {
      const [quantized, scale, zeroPoint] = net.builder.nodeWith(
        'DynamicQuantizeLinear',
        [x.name],
        {
          outputs: 3,
        },
      ) as [string, string, string];
      const weights = weightCodes(net, [outputs, channelsOf(x), 3, 3], gain);
      const shape = [1, outputs, heightOf(x), widthOf(x)];
      const inputs = [quantized, weights.values, zeroPoint, zero('int8')];
      const sums = net.other('ConvInteger', inputs, shape, {
        kernel_shape: [3, 3],
        pads: [1, 1, 1, 1],
      });
      const real = net.other('Cast', [sums], shape, { to: 1 });
      const both = net.builder.node('Mul', [scale, tensor([1], [weights.scale])]);
      const scaled = net.other('Mul', [real, both], shape);
      return net.add(scaled, net.randoms([1, outputs, 1, 1], 0.05));
    };
    const x = net.relu(conv(net.relu(conv(net.image, 12, 1.2)), 12, 1.2));
    const up = net.pixelShuffle(conv(x, 12, 0.1), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** The oldest files: operator set 6, valid convolutions, the picture padded before them. */
const oldest: Network = {
  ...base,
  name: 'opset-6-valid',
  scale: 1,
  forms: ['torchscript-6'],
  build(net) {
    const carry = keep(3);
    let x = net.padAll(net.image, 4, 'edge');
    for (let i = 0; i < 3; i++) x = net.relu(net.conv(x, 12, { pad: 0, gain: 0.4, carry }));
    return net.conv(x, 3, { pad: 0, gain: 0.1, carry });
  },
};

/** A Resize whose factors the graph computes from the picture's own size. */
const ratioOfSizes: Network = {
  ...base,
  name: 'computed-factor',
  forms: ['torchscript-17', 'torchscript-11', 'dynamo-18', 'torchscript-10'],
  build(net) {
    const rows = net.extentOf('*', net.extent(net.image, 2), 2);
    const columns = net.extentOf('*', net.extent(net.image, 3), 2);
    const size = [heightOf(net.image) * 2, widthOf(net.image) * 2] as const;
    const x = net.relu(net.conv(net.image, 12));
    const half = net.conv(x, 12, { stride: 2, kernel: 2, pad: 0 });
    const up = net.resizeTo(half, [rows, columns], size, 'linear');
    const base2 = net.resizeTo(net.image, [rows, columns], size, 'nearest');
    return net.add(net.conv(up, 3, { gain: 0.1 }), base2);
  },
};

/** Weights normalized in the graph: what weight normalization leaves when it is not folded. */
const weightNorm: Network = {
  ...base,
  name: 'weight-norm',
  forms: ['torchscript-11', 'torchscript-17', 'dynamo-18'],
  build(net) {
    const conv = (x: Value, outputs: number) => {
      const inputs = channelsOf(x);
      const direction = net.randoms([outputs, inputs, 3, 3], 1);
      const name = net.builder.constant(direction);
      const value = { name, shape: direction.shape };
      const length = net.reduce('L2', value, [1, 2, 3]);
      const gain = net.randoms([outputs, 1, 1, 1], 0.1, 0.7);
      const weights = net.mul(gain, net.div(value, length));
      const shape = [1, outputs, heightOf(x), widthOf(x)];
      return net.other('Conv', [x, weights], shape, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    };
    let x = net.relu(net.conv(net.image, 12));
    x = net.add(x, conv(net.relu(conv(x, 24)), 12));
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** The middle of a longer list of channels, by steps and negative ends. */
const strangeSlices: Network = {
  ...base,
  name: 'slices-and-flips',
  forms: [...PYTORCH, 'torchscript-9-static'],
  build(net) {
    const x = net.relu(net.conv(net.image, 16));
    const front = net.slice(x, 1, 0, 8);
    const back = net.slice(x, 1, -8, 16);
    const inner = net.conv(net.concat([back, front]), 12, { gain: 0.1 });
    // Blue, green, red to red, green, blue, by indices.
    const order = net.other('Gather', [net.image, int64s([2, 1, 0])], net.image.shape, { axis: 1 });
    return net.add(net.pixelShuffle(inner, 2), net.enlarge(order, 2, 'nearest'));
  },
};

/** Squeeze-and-excitation by nn.Linear: flat lists of channels between reshapes, then expand_as. */
const gemmGate: Network = {
  ...base,
  name: 'squeeze-by-linear',
  exact: false,
  forms: [...PYTORCH, 'torchscript-11-static'],
  build(net) {
    const width = 12;
    const gemm = (x: Value, outputs: number) => {
      const inputs = x.shape[1] as number;
      const weights = net.randoms([outputs, inputs], Math.sqrt(3 / inputs));
      const both = [x, weights, net.randoms([outputs], 0.1)];
      return net.other('Gemm', both, [1, outputs], { transB: 1 });
    };
    let x = net.relu(net.conv(net.image, width));
    const flat = net.reshape(net.globalAverage(x), [1, width], [1, width]);
    const gate = net.sigmoid(gemm(net.relu(gemm(flat, 4)), width));
    const broad = net.reshape(gate, [1, width, 1, 1], [1, width, 1, 1]);
    const extents = net.builder.node('Shape', [x.name]);
    x = net.mul(x, net.other('Expand', [broad, extents], x.shape));
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** nn.GroupNorm as it is written before set 18: an instance normalization of reshaped groups. */
const groupNorm: Network = {
  ...base,
  name: 'group-norm',
  scale: 1,
  exact: false,
  int8: false,
  forms: [...PYTORCH, 'torchscript-17-static'],
  build(net) {
    const normal = (x: Value, groups: number) => {
      const width = channelsOf(x);
      const size = (width / groups) * heightOf(x) * widthOf(x);
      const apart = net.reshape(x, [0, groups, -1], [1, groups, size]);
      const plain = [
        net.reals([groups], Array<number>(groups).fill(1)),
        net.reals([groups], Array<number>(groups).fill(0)),
      ];
      const flat = net.other('InstanceNormalization', [apart, ...plain], apart.shape);
      const extents = net.builder.node('Shape', [x.name]);
      const back = net.other('Reshape', [flat, extents], x.shape);
      const scaled = net.mul(back, net.randoms([width, 1, 1], 0.2, 1));
      return net.add(scaled, net.randoms([width, 1, 1], 0.1));
    };
    let x = net.conv(net.image, 12);
    x = net.add(x, net.conv(net.silu(normal(x, 4)), 12));
    return net.add(net.conv(net.silu(normal(x, 2)), 3, { gain: 0.1 }), net.image);
  },
};

/** Tensor.expand, whose target the graph makes of the given extents and a test for -1. */
const expanded: Network = {
  ...base,
  name: 'expand-by-where',
  forms: PYTORCH,
  build(net) {
    const width = 8;
    const wanted = int64s([-1, width, -1, -1]);
    const ones = net.builder.node('ConstantOfShape', [int64s([4])], {
      value: { shape: [1], type: 'int64', values: [1] },
    });
    const name = net.builder.constant(wanted);
    const minus = net.builder.node('Mul', [ones, { shape: [], type: 'int64', values: [-1] }]);
    const kept = net.builder.node('Equal', [name, minus]);
    const target = net.builder.node('Where', [kept, ones, name]);
    const x = net.relu(net.conv(net.image, width));
    const one = net.sigmoid(net.conv(x, 1));
    const gate = net.other('Expand', [one, target], x.shape);
    const up = net.pixelShuffle(net.conv(net.mul(x, gate), 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** Weights that layers share, through Identity nodes. */
const sharedWeights: Network = {
  ...base,
  name: 'shared-weights',
  forms: [...PYTORCH, 'torchscript-13-constant-nodes'],
  build(net) {
    const weights = net.builder.constant(net.randoms([12, 12, 3, 3], Math.sqrt(3 / 108)));
    let x = net.relu(net.conv(net.image, 12));
    for (let i = 0; i < 3; i++) {
      const own = i === 0 ? weights : net.builder.node('Identity', [weights]);
      const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      x = net.relu(net.other('Conv', [x, own], x.shape, attributes));
    }
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

/** A factor that the caller names, as an input of the network. */
const scaleInput: Network = {
  ...base,
  name: 'scale-as-input',
  scale: 3,
  inputs: { scale: 3 },
  int8: false,
  forms: ['torchscript-17', 'dynamo-18'],
  build(net) {
    const features = net.relu(net.conv(net.relu(net.conv(net.image, 12)), 12));
    const spatial = net.numberInput('scale');
    const ones = { name: net.builder.constant(tensor([2], [1, 1])), shape: [2] };
    const factors = net.concat([ones, spatial, spatial], 0);
    const shape = [1, 12, heightOf(features) * 3, widthOf(features) * 3];
    const up = net.other('Resize', [features, '', factors], shape, {
      coordinate_transformation_mode: 'half_pixel',
      mode: 'linear',
    });
    return net.conv(up, 3, { gain: 0.5 });
  },
};

/** Weights in a file of their own, the default of today's exporter. */
const externalWeights: Network = {
  ...base,
  name: 'external-weights',
  int8: false,
  forms: ['dynamo-18-external'],
  build(net) {
    const features = net.relu(net.conv(net.relu(net.conv(net.image, 16)), 16));
    const up = net.pixelShuffle(net.conv(features, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

export const unusual: readonly Network[] = [
  qlinear,
  dynamicQuantization,
  oldest,
  ratioOfSizes,
  weightNorm,
  strangeSlices,
  gemmGate,
  groupNorm,
  expanded,
  sharedWeights,
  scaleInput,
  externalWeights,
];
