// Graphs as TensorFlow.js's converter writes them: one for each kind of node and setting that is converted.
import { attr, type GraphBuilder } from './graph-json.ts';
import { Random } from './random.ts';

const SAME = {
  strides: attr.ints([1, 1, 1, 1]),
  dilations: attr.ints([1, 1, 1, 1]),
  padding: attr.s('SAME'),
  data_format: attr.s('NHWC'),
};
const random = new Random(8);
const weights = (g: GraphBuilder, ...shape: number[]) =>
  g.constant(
    shape,
    random.floats(
      shape.reduce((a, b) => a * b),
      0.5,
    ),
  );

/** A 3x3 convolution with a bias. */
function conv(g: GraphBuilder, x: string, inputs: number, outputs: number): string {
  const product = g.node('Conv2D', [x, weights(g, 3, 3, inputs, outputs)], SAME);
  return g.node('BiasAdd', [product, weights(g, outputs)]);
}

/** The extents of a picture as they are when the network runs, times a factor. */
function sizeTimes(g: GraphBuilder, x: string, factor: number): string {
  const shape = g.node('Shape', [x], { out_type: attr.type('DT_INT32') });
  const masks = {
    begin_mask: 0,
    end_mask: 0,
    ellipsis_mask: 0,
    new_axis_mask: 0,
    shrink_axis_mask: 0,
  };
  const attributes = Object.fromEntries(
    Object.entries(masks).map(([key, value]) => [key, attr.i(value)]),
  );
  const pair = g.node('StridedSlice', [shape, g.ints([1]), g.ints([3]), g.ints([1])], attributes);
  return g.node('Mul', [pair, g.ints([factor, factor])], { T: attr.type('DT_INT32') });
}

/** Pixels that are moved by reshaping, as code without depth_to_space does it. */
function shuffle(g: GraphBuilder, x: string): string {
  const shape = g.node('Shape', [x], { out_type: attr.type('DT_INT32') });
  const part = (i: number) =>
    g.node('StridedSlice', [shape, g.ints([i]), g.ints([i + 1]), g.ints([1])], {
      shrink_axis_mask: attr.i(1),
    });
  const [height, width] = [part(1), part(2)];
  const pack = (...values: string[]) =>
    g.node('Pack', values, { N: attr.i(values.length), axis: attr.i(0) });
  const split = g.node('Reshape', [x, pack(g.int(1), height, width, g.int(2), g.int(2), g.int(3))]);
  const turned = g.node('Transpose', [split, g.ints([0, 1, 3, 2, 4, 5])]);
  const twice = (value: string) => g.node('Mul', [value, g.int(2)], { T: attr.type('DT_INT32') });
  return g.node('Reshape', [turned, pack(g.int(1), twice(height), twice(width), g.int(3))]);
}

const resize =
  (op: string, settings: NonNullable<Parameters<GraphBuilder['node']>[2]>) => (g: GraphBuilder) =>
    g.node(op, [g.picture, sizeTimes(g, g.picture, 2)], settings);
const HALF = { half_pixel_centers: attr.b(true), align_corners: attr.b(false) };
const CORNERS = { half_pixel_centers: attr.b(false), align_corners: attr.b(true) };

/** Scales channels by what is made of their means. */
function attention(g: GraphBuilder): string {
  const features = conv(g, g.picture, 3, 4);
  const mean = g.node('Mean', [features, g.ints([1, 2])], { keep_dims: attr.b(true) });
  const gate = g.node('Conv2D', [mean, weights(g, 1, 1, 4, 4)], SAME);
  return g.node('Mul', [features, g.node('Sigmoid', [gate])]);
}

const fused =
  (op: string, kernel: number[], ops: string[], extra: number[][]) => (g: GraphBuilder) =>
    g.node(op, [g.picture, weights(g, ...kernel), ...extra.map((shape) => weights(g, ...shape))], {
      ...SAME,
      fused_ops: attr.texts(ops),
      num_args: attr.i(extra.length),
      leakyrelu_alpha: attr.f(0.3),
    });

/** By what is special about them: what is made of the picture. */
export const GRAPH_CASES: Readonly<Record<string, (g: GraphBuilder) => string>> = {
  'Conv2D and BiasAdd': (g) => conv(g, g.picture, 3, 4),
  'Conv2D with explicit paddings': (g) =>
    g.node('Conv2D', [g.picture, weights(g, 3, 3, 3, 2)], {
      ...SAME,
      padding: attr.s('EXPLICIT'),
      explicit_paddings: attr.ints([0, 0, 2, 0, 0, 2, 0, 0]),
    }),
  'Conv2D, BiasAdd and Relu in one': fused(
    '_FusedConv2D',
    [3, 3, 3, 4],
    ['BiasAdd', 'Relu'],
    [[4]],
  ),
  'Conv2D, BiasAdd and Prelu in one': fused(
    '_FusedConv2D',
    [3, 3, 3, 4],
    ['BiasAdd', 'Prelu'],
    [[4], [1, 1, 4]],
  ),
  'Conv2D, BiasAdd and LeakyRelu in one': fused(
    '_FusedConv2D',
    [3, 3, 3, 4],
    ['BiasAdd', 'LeakyRelu'],
    [[4]],
  ),
  'a depthwise convolution and Relu6': fused(
    'FusedDepthwiseConv2dNative',
    [3, 3, 3, 2],
    ['BiasAdd', 'Relu6'],
    [[6]],
  ),
  DepthToSpace: (g) =>
    g.node('DepthToSpace', [conv(g, g.picture, 3, 12)], {
      block_size: attr.i(2),
      data_format: attr.s('NHWC'),
    }),
  'pixels that are moved by reshaping': (g) => shuffle(g, conv(g, g.picture, 3, 12)),
  'ResizeNearestNeighbor of half pixels': resize('ResizeNearestNeighbor', HALF),
  'ResizeBilinear of half pixels': resize('ResizeBilinear', HALF),
  'ResizeBilinear of corners': resize('ResizeBilinear', CORNERS),
  'ResizeBilinear of neither': resize('ResizeBilinear', {}),
  'constants beside pictures': (g) => {
    const scaled = g.node('Mul', [conv(g, g.picture, 3, 4), weights(g, 4)]);
    return g.node('AddV2', [
      g.constant([], [0.25]),
      g.node('Maximum', [scaled, weights(g, 1, 1, 4)]),
    ]);
  },
  'FloorDiv of real numbers': (g) => {
    const steps = g.node('FloorDiv', [g.picture, g.constant([], [0.3])]);
    return g.node('AddV2', [steps, conv(g, g.picture, 3, 3)]);
  },
  FusedBatchNormV3: (g) => {
    const variance = g.constant([4], [0.5, 0.7, 1, 2]);
    const inputs = [
      conv(g, g.picture, 3, 4),
      weights(g, 4),
      weights(g, 4),
      weights(g, 4),
      variance,
    ];
    return g.node('FusedBatchNormV3', inputs, {
      epsilon: attr.f(0.001),
      is_training: attr.b(false),
      data_format: attr.s('NHWC'),
    });
  },
  Conv2DBackpropInput: (g) => {
    const features = conv(g, g.picture, 3, 4);
    const shape = g.node('Shape', [features], { out_type: attr.type('DT_INT32') });
    const part = (i: number) =>
      g.node('StridedSlice', [shape, g.ints([i]), g.ints([i + 1]), g.ints([1])], {
        shrink_axis_mask: attr.i(1),
      });
    const twice = (i: number) => g.node('Mul', [part(i), g.int(2)], { T: attr.type('DT_INT32') });
    const size = g.node('Pack', [g.int(1), twice(1), twice(2), g.int(3)], {
      N: attr.i(4),
      axis: attr.i(0),
    });
    return g.node('Conv2DBackpropInput', [size, weights(g, 3, 3, 3, 4), features], {
      ...SAME,
      strides: attr.ints([1, 2, 2, 1]),
    });
  },
  'MirrorPad and a slice': (g) => {
    const padded = g.node(
      'MirrorPad',
      [g.picture, g.constant([4, 2], [0, 0, 2, 0, 2, 1, 0, 0], 'int32')],
      { mode: attr.s('REFLECT') },
    );
    const product = g.node('Conv2D', [padded, weights(g, 3, 3, 3, 4)], {
      ...SAME,
      padding: attr.s('VALID'),
    });
    return g.node('Slice', [product, g.ints([0, 0, 1, 0]), g.ints([-1, -1, -1, 3])]);
  },
  'ConcatV2 and SplitV': (g) => {
    const joined = g.node('ConcatV2', [conv(g, g.picture, 3, 4), g.picture, g.int(-1)], {
      N: attr.i(2),
    });
    const split = g.node('SplitV', [joined, g.ints([3, 4]), g.int(3)], { num_split: attr.i(2) });
    return g.node('Relu', [`${split}:1`]);
  },
  'channel attention': attention,
  'ClipByValue and LeakyRelu': (g) => {
    const leaky = g.node('LeakyRelu', [conv(g, g.picture, 3, 3)], { alpha: attr.f(0.1) });
    return g.node('ClipByValue', [leaky, g.constant([], [0]), g.constant([], [1])]);
  },
};
