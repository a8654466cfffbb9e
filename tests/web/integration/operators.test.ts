// Every supported operator, in every form it takes, against ONNX Runtime.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type CoreModule, loadCore, runNetwork } from '../support/core.ts';
import { conv, randomTensor } from '../support/layers.ts';
import { float, int64s, OnnxBuilder, type TensorData, tensor } from '../support/onnx-builder.ts';
import { type FloatImage, runReference } from '../support/onnxruntime.ts';
import { Random } from '../support/random.ts';

interface Case {
  name: string;
  build(builder: OnnxBuilder, random: Random): string;
  channels?: number;
  size?: [height: number, width: number];
  opset?: number;
  /** The model takes and returns NHWC. */
  nhwc?: boolean;
}

const DEFAULT_SIZE: [height: number, width: number] = [9, 7];
const EVEN_SIZE: [height: number, width: number] = [10, 8];
/** A number as an input. */
const int64 = (value: number): TensorData => ({ ...int64s([value]), shape: [] });
/** Undoes a stride of 2: a network must return a whole multiple of its input. */
const DOUBLE = { blocksize: 2, mode: 'DCR' };

const cases: Case[] = [
  ...[1, 3, 5, 9].map((kernel) => ({
    name: `Conv ${kernel}x${kernel}`,
    build: (b: OnnxBuilder, r: Random) => conv(b, r, b.input, 3, 13, { kernel }),
  })),
  { name: 'Conv without bias', build: (b, r) => conv(b, r, b.input, 3, 8, { bias: false }) },
  {
    name: 'Conv 2x3 with uneven pads',
    build: (b, r) =>
      b.node('Conv', [b.input, randomTensor(r, [7, 3, 2, 3])], { pads: [1, 0, 0, 2] }),
  },
  {
    name: 'Conv stride 2',
    size: EVEN_SIZE,
    build: (b, r) => b.node('DepthToSpace', [conv(b, r, b.input, 3, 8, { stride: 2 })], DOUBLE),
  },
  { name: 'Conv dilation 2', build: (b, r) => conv(b, r, b.input, 3, 8, { dilation: 2 }) },
  {
    name: 'Conv 4 groups',
    channels: 16,
    build: (b, r) => conv(b, r, b.input, 16, 24, { groups: 4 }),
  },
  {
    name: 'Conv depthwise 3x3',
    channels: 12,
    build: (b, r) => conv(b, r, b.input, 12, 12, { groups: 12 }),
  },
  {
    name: 'Conv depthwise 5x5, multiplier 2',
    channels: 6,
    build: (b, r) => conv(b, r, b.input, 6, 12, { groups: 6, kernel: 5 }),
  },
  ...['SAME_UPPER', 'SAME_LOWER'].flatMap((autoPad) => [
    {
      name: `Conv auto_pad ${autoPad}`,
      build: (b: OnnxBuilder, r: Random) =>
        conv(b, r, b.input, 3, 8, { kernel: 4, attributes: { auto_pad: autoPad } }),
    },
    {
      name: `Conv auto_pad ${autoPad}, stride 2`,
      size: EVEN_SIZE,
      build: (b: OnnxBuilder, r: Random) => {
        const attributes = { auto_pad: autoPad };
        const half = conv(b, r, b.input, 3, 8, { kernel: 4, stride: 2, attributes });
        return b.node('DepthToSpace', [half], DOUBLE);
      },
    },
  ]),
  ...['VALID', 'NOTSET'].flatMap((autoPad) => [
    {
      name: `Conv auto_pad ${autoPad}`,
      build: (b: OnnxBuilder, r: Random) => {
        const padded = b.node('Pad', [b.input, int64s([0, 0, 2, 1, 0, 0, 1, 2])]);
        return conv(b, r, padded, 3, 8, { kernel: 4, attributes: { auto_pad: autoPad } });
      },
    },
    {
      name: `Conv auto_pad ${autoPad}, stride 2`,
      size: EVEN_SIZE,
      build: (b: OnnxBuilder, r: Random) => {
        const padded = b.node('Pad', [b.input, int64s([0, 0, 1, 1, 0, 0, 1, 1])]);
        const attributes = { auto_pad: autoPad };
        const half = conv(b, r, padded, 3, 8, { kernel: 4, stride: 2, attributes });
        return b.node('DepthToSpace', [half], DOUBLE);
      },
    },
  ]),
  {
    name: 'Conv with float16 weights behind a Cast',
    build: (b, r) => {
      const half: TensorData = { ...randomTensor(r, [8, 3, 3, 3]), type: 'float16' };
      return b.node('Conv', [b.input, b.node('Cast', [half], { to: 1 })], { pads: [1, 1, 1, 1] });
    },
  },
  {
    name: 'Conv with weights from Constant nodes',
    build: (b, r) => {
      const weights = b.node('Constant', [], { value: randomTensor(r, [8, 3, 3, 3]) });
      return b.node('Conv', [b.input, weights], { pads: [1, 1, 1, 1] });
    },
  },
  { name: 'Relu', build: (b) => b.node('Relu', [b.input]) },
  { name: 'Relu after Conv', build: (b, r) => b.node('Relu', [conv(b, r, b.input, 3, 8)]) },
  {
    name: 'LeakyRelu',
    build: (b) => b.node('LeakyRelu', [b.input], { alpha: float(0.2) }),
  },
  { name: 'LeakyRelu default', build: (b) => b.node('LeakyRelu', [b.input]) },
  {
    name: 'PRelu per channel',
    build: (b, r) => b.node('PRelu', [b.input, randomTensor(r, [3, 1, 1])]),
  },
  { name: 'PRelu shared', build: (b) => b.node('PRelu', [b.input, tensor([1], [0.25])]) },
  ...['Sigmoid', 'Tanh', 'Gelu'].map((operator) => ({
    name: operator,
    opset: operator === 'Gelu' ? 20 : 13,
    build: (b: OnnxBuilder) => b.node(operator, [b.input]),
  })),
  {
    name: 'SiLU: Sigmoid times its input',
    build: (b, r) => {
      const x = conv(b, r, b.input, 3, 8);
      return b.node('Mul', [x, b.node('Sigmoid', [x])]);
    },
  },
  {
    name: 'Clip',
    build: (b) => b.node('Clip', [b.input, tensor([], [-0.5]), tensor([], [0.25])]),
  },
  { name: 'Clip, upper only', build: (b) => b.node('Clip', [b.input, '', tensor([], [0.25])]) },
  {
    name: 'Clip of opset 6',
    opset: 9,
    build: (b) => b.node('Clip', [b.input], { min: float(0), max: float(1) }),
  },
  ...['Add', 'Sub', 'Mul', 'Div'].flatMap((op) => [
    {
      name: `${op} of two tensors`,
      build: (b: OnnxBuilder, r: Random) =>
        b.node(op, [b.input, conv(b, r, b.input, 3, 3, { kernel: 1 })]),
    },
    {
      name: `${op} with a scalar`,
      build: (b: OnnxBuilder) => b.node(op, [b.input, tensor([], [1.7])]),
    },
    {
      name: `${op} scalar first`,
      build: (b: OnnxBuilder) =>
        b.node(op, [tensor([1], [1.7]), b.node('Add', [b.input, tensor([], [3])])]),
    },
    {
      name: `${op} per channel`,
      build: (b: OnnxBuilder, r: Random) => b.node(op, [b.input, randomTensor(r, [1, 3, 1, 1])]),
    },
    {
      name: `${op} per channel after Conv`,
      build: (b: OnnxBuilder, r: Random) =>
        b.node(op, [conv(b, r, b.input, 3, 5), randomTensor(r, [1, 5, 1, 1])]),
    },
  ]),
  {
    name: 'Mul of tensors with one broadcast channel',
    build: (b, r) => b.node('Mul', [b.input, conv(b, r, b.input, 3, 1)]),
  },
  {
    name: 'Concat',
    build: (b, r) =>
      b.node('Concat', [conv(b, r, b.input, 3, 5), b.input, conv(b, r, b.input, 3, 2)], {
        axis: 1,
      }),
  },
  {
    name: 'Concat, negative axis',
    build: (b, r) => b.node('Concat', [b.input, conv(b, r, b.input, 3, 4)], { axis: -3 }),
  },
  ...['CRD', 'DCR'].flatMap((mode) =>
    [2, 3].map((blocksize) => ({
      name: `DepthToSpace ${mode} ${blocksize}`,
      channels: 3 * blocksize * blocksize,
      build: (b: OnnxBuilder) => b.node('DepthToSpace', [b.input], { blocksize, mode }),
    })),
  ),
  ...[2, 3, 4].map((scale) => ({
    name: `Resize nearest x${scale}`,
    build: (b: OnnxBuilder) =>
      b.node('Resize', [b.input, '', tensor([4], [1, 1, scale, scale])], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
  })),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((nearestMode) => ({
    name: `Resize nearest ${nearestMode}, half_pixel`,
    build: (b: OnnxBuilder) =>
      b.node('Resize', [b.input, '', tensor([4], [1, 1, 2, 2])], {
        mode: 'nearest',
        coordinate_transformation_mode: 'half_pixel',
        nearest_mode: nearestMode,
      }),
  })),
  ...['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'].flatMap((coordinates) =>
    [2, 3].map((scale) => ({
      name: `Resize linear ${coordinates} x${scale}`,
      build: (b: OnnxBuilder) =>
        b.node('Resize', [b.input, '', tensor([4], [1, 1, scale, scale])], {
          mode: 'linear',
          coordinate_transformation_mode: coordinates,
        }),
    })),
  ),
  ...['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'].flatMap((coordinates) =>
    [2, 3].map((scale) => ({
      name: `Resize cubic ${coordinates} x${scale}`,
      build: (b: OnnxBuilder) =>
        b.node('Resize', [b.input, '', tensor([4], [1, 1, scale, scale])], {
          mode: 'cubic',
          coordinate_transformation_mode: coordinates,
          ...(scale === 3 ? { cubic_coeff_a: float(-0.5) } : {}),
        }),
    })),
  ),
  {
    name: 'Resize linear by a half',
    size: EVEN_SIZE,
    build: (b, r) => {
      const half = b.node('Resize', [b.input, '', tensor([4], [1, 1, 0.5, 0.5])], {
        mode: 'linear',
      });
      return b.node('DepthToSpace', [conv(b, r, half, 3, 8)], DOUBLE);
    },
  },
  {
    name: 'Upsample of opset 9',
    opset: 9,
    build: (b) => b.node('Upsample', [b.input, tensor([4], [1, 1, 2, 2])], { mode: 'nearest' }),
  },
  {
    name: 'Pad constant',
    build: (b, r) => {
      const pads = int64s([0, 0, 1, 2, 0, 0, 3, 0]);
      const padded = b.node('Pad', [b.input, pads, tensor([], [0.5])], { mode: 'constant' });
      return b.node('Conv', [padded, randomTensor(r, [4, 3, 5, 3])]);
    },
  },
  {
    name: 'Pad of opset 2',
    opset: 10,
    build: (b, r) => {
      const pads = [0, 0, 1, 1, 0, 0, 1, 1];
      const padded = b.node('Pad', [b.input], { pads, value: float(-1) });
      return b.node('Conv', [padded, randomTensor(r, [4, 3, 3, 3])]);
    },
  },
  {
    name: 'BatchNormalization after Conv',
    build: (b, r) => b.node('BatchNormalization', [conv(b, r, b.input, 3, 6), ...statistics(r, 6)]),
  },
  {
    name: 'BatchNormalization alone',
    build: (b, r) => b.node('BatchNormalization', [b.input, ...statistics(r, 3)]),
  },
  { name: 'Identity', build: (b, r) => b.node('Identity', [conv(b, r, b.input, 3, 4)]) },
  {
    name: 'Cast to the same type',
    build: (b) => b.node('Relu', [b.node('Cast', [b.input], { to: 1 })]),
  },
  {
    name: 'Transpose at both ends (NHWC)',
    nhwc: true,
    build: (b, r) => {
      const nchw = b.node('Transpose', [b.input], { perm: [0, 3, 1, 2] });
      const body = b.node('Relu', [conv(b, r, nchw, 3, 12)]);
      return b.node('Transpose', [b.node('DepthToSpace', [body], { blocksize: 2 })], {
        perm: [0, 2, 3, 1],
      });
    },
  },
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'].map((op) => ({
    name: `${op} of tensors`,
    opset: 16,
    build: (b: OnnxBuilder, r: Random) => {
      const [x, y] = [1, 2].map(() => b.node('Round', [conv(b, r, b.input, 3, 8)])) as [
        string,
        string,
      ];
      return b.node('Mul', [x, b.node('Cast', [b.node(op, [x, y])], { to: 1 })]);
    },
  })),
  ...['And', 'Or', 'Xor'].map((op) => ({
    name: `${op}, Not`,
    build: (b: OnnxBuilder, r: Random) => {
      const zero = tensor([], [0]);
      const [x, y] = [1, 2].map(() => conv(b, r, b.input, 3, 8)) as [string, string];
      const joined = b.node(op, [
        b.node('Greater', [x, zero]),
        b.node('Not', [b.node('Less', [y, zero])]),
      ]);
      return b.node('Where', [joined, x, y]);
    },
  })),
  {
    name: 'Where with weights as condition',
    build: (b, r) => {
      const chosen: TensorData = { shape: [1, 3, 1, 1], type: 'bool', values: [1, 0, 1] };
      return b.node('Where', [chosen, b.input, randomTensor(r, [1, 3, 1, 1])]);
    },
  },
  {
    name: 'Where masks with -inf before Softmax',
    build: (b, r) => {
      const x = conv(b, r, b.input, 3, 8);
      const masked = b.node('Where', [
        { shape: [1, 8, 1, 1], type: 'bool', values: [0, 1, 0, 0, 1, 0, 0, 1] } as TensorData,
        tensor([], [Number.NEGATIVE_INFINITY]),
        x,
      ]);
      return b.node('Softmax', [masked], { axis: 1 });
    },
  },
  ...[6, 7, 9].map((to) => ({
    name: `Cast of a tensor to type ${to}`,
    build: (b: OnnxBuilder, r: Random) => {
      const x = b.node('Mul', [conv(b, r, b.input, 3, 8), tensor([], [3])]);
      return b.node('Cast', [b.node('Cast', [b.node('Relu', [x])], { to })], { to: 1 });
    },
  })),
  ...[1, 3].flatMap((k) =>
    [0, 1].map((largest) => ({
      name: `TopK, ${k} of 8, ${largest ? 'largest' : 'smallest'}`,
      build: (b: OnnxBuilder, r: Random) => {
        const attributes = { axis: 1, largest };
        const x = conv(b, r, b.input, 3, 8);
        return b.nodeWith('TopK', [x, int64s([k])], { attributes, outputs: 2 })[0] as string;
      },
    })),
  ),
  ...[2, -1].map((axis) => ({
    name: `CumSum along axis ${axis}`,
    build: (b: OnnxBuilder, r: Random) =>
      b.node('CumSum', [conv(b, r, b.input, 3, 4), int64s([axis])]),
  })),
  ...[
    { what: 'depthwise', inputs: 8, outputs: 8, groups: 8, dilation: 2 },
    { what: 'in groups', inputs: 8, outputs: 12, groups: 2, dilation: 1 },
    { what: 'dense', inputs: 6, outputs: 4, groups: 1, dilation: 1 },
  ].map(({ what, inputs, outputs, groups, dilation }) => ({
    name: `Conv with weights of the picture, ${what}`,
    build: (b: OnnxBuilder, r: Random) => {
      const x = conv(b, r, b.input, 3, inputs);
      const each = inputs / groups;
      const means = b.node('GlobalAveragePool', [conv(b, r, x, inputs, outputs * each * 9)]);
      const weights = b.node('Reshape', [means, int64s([outputs, each, 3, 3])]);
      const bias = b.node('Reshape', [
        b.node('GlobalAveragePool', [conv(b, r, x, inputs, outputs)]),
        int64s([outputs]),
      ]);
      return b.node('Conv', [x, weights, bias], {
        group: groups,
        dilations: [dilation, dilation],
        pads: [dilation, dilation, dilation, dilation],
      });
    },
  })),
  {
    name: "Concat with zeros of the picture's size",
    build: (b, r) => {
      const x = conv(b, r, b.input, 3, 4);
      const zeros = b.node('ConstantOfShape', [b.node('Shape', [x])], {
        value: tensor([1], [0.5]),
      });
      return conv(b, r, b.node('Concat', [x, zeros], { axis: 1 }), 8, 3);
    },
  },
  {
    name: "Resize of weights to the picture's size",
    build: (b, r) => {
      const sizes = b.node(
        'Concat',
        [int64s([1, 3]), b.node('Slice', [b.node('Shape', [b.input]), int64s([2]), int64s([4])])],
        { axis: 0 },
      );
      const positions = randomTensor(r, [1, 3, 6, 6]);
      const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
      return b.node('Add', [b.input, b.node('Resize', [positions, '', '', sizes], attributes)]);
    },
  },
  {
    name: 'ScatterND of every other pixel of zeros',
    size: EVEN_SIZE,
    opset: 16,
    build: (b, r) => {
      const x = conv(b, r, b.input, 3, 2);
      const shape = b.node('Shape', [x]);
      const at = (axis: number): string => {
        const extent = b.node('Gather', [shape, int64(axis)]);
        const step = int64(axis < 2 ? 1 : 2);
        const line = b.node('Range', [int64(0), extent, step]);
        const place = Array.from({ length: 4 }, (_, i) => (i === axis ? -1 : 1));
        return b.node('Reshape', [line, int64s(place)]);
      };
      const lines = [0, 1, 2, 3].map(at);
      const grid = b.node('Shape', [
        b.node('Add', [
          b.node('Add', [lines[0] as string, lines[1] as string]),
          b.node('Add', [lines[2] as string, lines[3] as string]),
        ]),
      ]);
      const indices = b.node(
        'Concat',
        lines.map((line) => b.node('Unsqueeze', [b.node('Expand', [line, grid]), int64s([-1])])),
        { axis: -1 },
      );
      const zeros = b.node('ConstantOfShape', [shape], { value: tensor([1], [0]) });
      const half = conv(b, r, b.input, 3, 2, { stride: 2 });
      return b.node('Add', [x, b.node('ScatterND', [zeros, indices, half])]);
    },
  },
];

function statistics(random: Random, channels: number): TensorData[] {
  const positive = randomTensor(random, [channels]);
  return [
    randomTensor(random, [channels]),
    randomTensor(random, [channels]),
    randomTensor(random, [channels]),
    { ...positive, values: positive.values.map((value) => Math.abs(value) + 0.1) },
  ];
}

// Summation order differs between the two engines: allow float32 rounding, nothing more.
function assertClose(actual: FloatImage, expected: FloatImage): void {
  assert.deepEqual(actual.shape, expected.shape);
  for (let i = 0; i < expected.data.length; i++) {
    const want = expected.data[i] as number;
    const got = actual.data[i] as number;
    const tolerance = 2e-5 * Math.max(1, Math.abs(want));
    assert.ok(Math.abs(got - want) <= tolerance, `sample ${i}: ${got}, expected ${want}`);
  }
}

describe('operators against ONNX Runtime', () => {
  let core: CoreModule;
  before(async () => {
    core = await loadCore();
  });

  for (const [
    index,
    { name, build, channels = 3, size = DEFAULT_SIZE, opset = 13, nhwc = false },
  ] of cases.entries()) {
    test(name, async () => {
      const random = new Random(index + 1);
      const [height, width] = size;
      const builder = nhwc
        ? new OnnxBuilder({ opset, inputShape: [1, 'height', 'width', channels] })
        : new OnnxBuilder({ opset, channels });
      const file = builder.build(build(builder, random));
      const image: FloatImage = {
        shape: [channels, height, width],
        data: Float32Array.from(random.floats(channels * height * width)),
      };
      const expected = await runReference(file, image, { nhwc });
      assertClose(runNetwork(core, file, image), expected);
    });
  }
});
