/** What each node of a TensorFlow graph is. */
import {
  activate,
  batchNormalization,
  binary,
  clip,
  floorDivided,
  joined,
  leakyRelu,
  prelu,
  reciprocalRoot,
  softmax,
  squared,
  squaredDifference,
} from './arithmetic.js';
import {
  conv2d,
  dense,
  depthwiseConv2d,
  type Padding,
  transposedConv2d,
  type Window,
} from './convolution.js';
import { malformed, unsupported } from './failures.js';
import type { GraphAttributes } from './graph-model.js';
import type { NetworkWriter } from './network-writer.js';
import { depthToSpace, pool, type Reduction, reduce, resizeTo, spaceToDepth } from './scaling.js';
import {
  amountPairs,
  concat,
  equalParts,
  expand,
  pack,
  pad,
  reshape,
  shapeOf,
  sliceOfSize,
  split,
  squeeze,
  stridedSlice,
  transpose,
} from './shaping.js';
import { integersOf, numberOf, type Value } from './values.js';

/** One node whose inputs are known. */
export interface NodeUse {
  w: NetworkWriter;
  op: string;
  /** Such as "node Conv2D_1 (Conv2D)". */
  what: string;
  inputs: readonly Value[];
  attributes: GraphAttributes;
}

type Handler = (use: NodeUse) => Value | Value[];

function input({ inputs, what }: NodeUse, i: number): Value {
  const value = inputs[i];
  if (value === undefined) throw malformed(`${what} has ${inputs.length} inputs`);
  return value;
}

function checkChannelsLast({ attributes, what }: NodeUse): void {
  const format = attributes.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw unsupported(`${what} has its channels first (${format})`);
}

function paddingOf({ attributes, what }: NodeUse): Padding {
  const padding = attributes.text('padding', 'VALID');
  if (padding === 'SAME') return 'same';
  if (padding === 'VALID') return 'valid';
  const [, , top, bottom, left, right] = attributes.numbers('explicit_paddings');
  if (padding !== 'EXPLICIT' || right === undefined) {
    throw malformed(`${what} has the padding '${padding}'`);
  }
  return [top as number, left as number, bottom as number, right];
}

/** Rows and columns of a list with one number for each axis. */
function pairOf({ attributes, what }: NodeUse, name: string): [number, number] {
  const list = attributes.numbers(name);
  if (list.length === 0) return [1, 1];
  const [batch, rows, columns, channels] = list;
  if (list.length !== 4 || batch !== 1 || channels !== 1) {
    throw unsupported(`${what} has ${name} [${list.join(', ')}]`);
  }
  return [rows as number, columns as number];
}

function windowOf(use: NodeUse): Window {
  checkChannelsLast(use);
  return {
    strides: pairOf(use, 'strides'),
    dilations: pairOf(use, 'dilations'),
    padding: paddingOf(use),
  };
}

type Convolution = typeof conv2d;

const plain =
  (convolution: Convolution): Handler =>
  (use) =>
    convolution(use.w, input(use, 0), input(use, 1), windowOf(use), undefined, use.what);

/** A convolution or matrix with what TensorFlow.js's converter has joined to it, such as BiasAdd and Relu. */
function fused(use: NodeUse, compute: (bias: Value | undefined) => Value): Value {
  const ops = use.attributes.texts('fused_ops').filter((name) => name !== 'noop');
  let next = 2;
  const bias = ops.includes('BiasAdd') ? input(use, next++) : undefined;
  return ops.reduce((x, name) => {
    if (name === 'BiasAdd') return x;
    if (name === 'Prelu') return prelu(use.w, x, input(use, next++), use.what);
    const alpha = name === 'LeakyRelu' ? use.attributes.number('leakyrelu_alpha', 0.2) : undefined;
    return activate(use.w, x, name, use.what, { alpha });
  }, compute(bias));
}

const fusedConvolution =
  (convolution: Convolution): Handler =>
  (use) =>
    fused(use, (bias) =>
      convolution(use.w, input(use, 0), input(use, 1), windowOf(use), bias, use.what),
    );

const multiplied = (use: NodeUse, bias: Value | undefined): Value => {
  if (use.attributes.flag('transpose_a') || use.attributes.flag('transpose_b')) {
    throw unsupported(`${use.what} multiplies by a transposed matrix`);
  }
  return dense(use.w, input(use, 0), input(use, 1), bias, use.what);
};

const two =
  (op: string): Handler =>
  (use) =>
    binary(use.w, op, input(use, 0), input(use, 1));

const one =
  (op: string): Handler =>
  (use) =>
    use.w.pointwise(op, input(use, 0));

const activation: Handler = (use) => activate(use.w, input(use, 0), use.op, use.what);

const resized =
  (mode: 'nearest' | 'bilinear'): Handler =>
  (use) => {
    const sampling = {
      mode,
      alignCorners: use.attributes.flag('align_corners'),
      halfPixelCenters: use.attributes.flag('half_pixel_centers'),
    };
    return resizeTo(use.w, input(use, 0), input(use, 1), sampling, use.what);
  };

const reduced =
  (op: Reduction): Handler =>
  (use) => {
    const axes = integersOf(input(use, 1), `the axes of ${use.what}`);
    return reduce(use.w, input(use, 0), op, axes, use.attributes.flag('keep_dims'), use.what);
  };

const normalized: Handler = (use) => {
  checkChannelsLast(use);
  if (use.attributes.flag('is_training')) {
    throw unsupported(
      `${use.what} normalizes as in training`,
      'export the model for inference (training=False)',
    );
  }
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => input(use, i));
  const epsilon = use.attributes.number('epsilon', 1e-4);
  return batchNormalization(
    use.w,
    input(use, 0),
    { gamma, beta, mean: mean as Value, variance: variance as Value, epsilon },
    use.what,
  );
};

const pooled =
  (kind: 'max' | 'average'): Handler =>
  (use) =>
    pool(use.w, input(use, 0), kind, pairOf(use, 'ksize'), windowOf(use));

const mirrored: Handler = (use) => {
  const mode = use.attributes.text('mode', 'REFLECT');
  if (mode !== 'REFLECT') {
    throw unsupported(`${use.what} repeats the edge itself (${mode})`, 'pad by REFLECT instead');
  }
  return pad(
    use.w,
    input(use, 0),
    amountPairs(input(use, 1), use.what),
    { mode: 'reflect' },
    use.what,
  );
};

const padded: Handler = (use) => {
  const value = use.inputs[2] === undefined ? 0 : numberOf(use.inputs[2], use.what);
  return pad(
    use.w,
    input(use, 0),
    amountPairs(input(use, 1), use.what),
    { mode: 'constant', value },
    use.what,
  );
};

/** Without the last input, which names the axis. */
const concatenated: Handler = (use) => {
  const axis = numberOf(use.inputs.at(-1) as Value, `the axis of ${use.what}`);
  return concat(use.w, use.inputs.slice(0, -1), axis, use.what);
};

const transposed: Handler = (use) =>
  transpose(use.w, input(use, 0), integersOf(input(use, 1), use.what), use.what);

/** Takes the size of its result as its first input, which follows from strides and padding as well. */
const transposedConvolution: Handler = (use) =>
  transposedConv2d(use.w, input(use, 2), input(use, 1), windowOf(use), undefined, use.what);

const sliced: Handler = (use) => {
  const starts = integersOf(input(use, 1), `the start of ${use.what}`);
  const sizes = integersOf(input(use, 2), `the size of ${use.what}`);
  return sliceOfSize(use.w, input(use, 0), starts, sizes);
};

const strided: Handler = (use) => {
  const { attributes, what } = use;
  const [starts, ends, steps] = [1, 2, 3].map((i) =>
    integersOf(input(use, i), `the places of ${what}`),
  ) as [number[], number[], number[]];
  const masks = {
    begin: attributes.number('begin_mask', 0),
    end: attributes.number('end_mask', 0),
    ellipsis: attributes.number('ellipsis_mask', 0),
    newAxis: attributes.number('new_axis_mask', 0),
    shrink: attributes.number('shrink_axis_mask', 0),
  };
  return stridedSlice(use.w, input(use, 0), { starts, ends, steps }, masks, what);
};

const cast: Handler = (use) => {
  const x = input(use, 0);
  const integer = /^DT_U?INT/.test(use.attributes.type('DstT'));
  if (x.kind === 'constant') return { ...x, integer };
  if (x.integer === integer) return x;
  const ONNX_TYPES = { float32: 1, int64: 7 };
  return use.w.node(
    'Cast',
    [x.name],
    { to: integer ? ONNX_TYPES.int64 : ONNX_TYPES.float32 },
    { ...x, integer },
  );
};

const first: Handler = (use) => input(use, 0);

const packed: Handler = (use) =>
  pack(use.w, use.inputs, use.attributes.number('axis', 0), use.what);

/** By the operator's name. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  Identity: first,
  StopGradient: first,
  Conv2D: plain(conv2d),
  DepthwiseConv2dNative: plain(depthwiseConv2d),
  _FusedConv2D: fusedConvolution(conv2d),
  FusedDepthwiseConv2dNative: fusedConvolution(depthwiseConv2d),
  Conv2DBackpropInput: transposedConvolution,
  MatMul: (use) => multiplied(use, undefined),
  _FusedMatMul: (use) => fused(use, (bias) => multiplied(use, bias)),
  BiasAdd: two('Add'),
  Add: two('Add'),
  AddV2: two('Add'),
  AddN: (use) => joined(use.w, 'Add', use.inputs),
  Sub: two('Sub'),
  Mul: two('Mul'),
  RealDiv: two('Div'),
  FloorDiv: (use) => floorDivided(use.w, input(use, 0), input(use, 1)),
  Maximum: two('Max'),
  Minimum: two('Min'),
  Pow: two('Pow'),
  SquaredDifference: (use) => squaredDifference(use.w, input(use, 0), input(use, 1)),
  Square: (use) => squared(use.w, input(use, 0)),
  Sqrt: one('Sqrt'),
  Rsqrt: (use) => reciprocalRoot(use.w, input(use, 0)),
  Exp: one('Exp'),
  Log: one('Log'),
  Neg: one('Neg'),
  Abs: one('Abs'),
  Erf: one('Erf'),
  Relu: activation,
  Relu6: activation,
  Sigmoid: activation,
  Tanh: activation,
  Elu: activation,
  Selu: activation,
  Softplus: activation,
  Softsign: activation,
  LeakyRelu: (use) => leakyRelu(use.w, input(use, 0), use.attributes.number('alpha', 0.2)),
  Prelu: (use) => prelu(use.w, input(use, 0), input(use, 1), use.what),
  Softmax: (use) => softmax(use.w, input(use, 0), -1),
  ClipByValue: (use) =>
    clip(
      use.w,
      input(use, 0),
      numberOf(input(use, 1), use.what),
      numberOf(input(use, 2), use.what),
    ),
  FusedBatchNorm: normalized,
  FusedBatchNormV2: normalized,
  FusedBatchNormV3: normalized,
  ConcatV2: concatenated,
  DepthToSpace: (use) => {
    checkChannelsLast(use);
    return depthToSpace(use.w, input(use, 0), use.attributes.number('block_size', 2), use.what);
  },
  SpaceToDepth: (use) => {
    checkChannelsLast(use);
    return spaceToDepth(use.w, input(use, 0), use.attributes.number('block_size', 2), use.what);
  },
  ResizeNearestNeighbor: resized('nearest'),
  ResizeBilinear: resized('bilinear'),
  Pad: padded,
  PadV2: padded,
  MirrorPad: mirrored,
  Mean: reduced('ReduceMean'),
  Sum: reduced('ReduceSum'),
  Max: reduced('ReduceMax'),
  Min: reduced('ReduceMin'),
  Prod: reduced('ReduceProd'),
  MaxPool: pooled('max'),
  AvgPool: pooled('average'),
  Reshape: (use) => reshape(use.w, input(use, 0), input(use, 1), use.what),
  Transpose: transposed,
  Squeeze: (use) => squeeze(use.w, input(use, 0), use.attributes.numbers('squeeze_dims'), use.what),
  ExpandDims: (use) => expand(use.w, input(use, 0), numberOf(input(use, 1), use.what), use.what),
  Shape: (use) => shapeOf(use.w, input(use, 0)),
  StridedSlice: strided,
  Slice: sliced,
  Pack: packed,
  Split: (use) => {
    const axis = numberOf(input(use, 0), use.what);
    const x = input(use, 1);
    const parts = use.attributes.number('num_split', 1);
    return equalParts(use.w, x, axis, parts, use.what);
  },
  SplitV: (use) => {
    const sizes = integersOf(input(use, 1), use.what);
    const axis = numberOf(input(use, 2), use.what);
    return split(use.w, input(use, 0), axis, sizes, use.what);
  },
  Cast: cast,
};

/** @throws TesseraError `ERR_MODEL_OP` for an operator that has no form here. */
export function convertNode(use: NodeUse): Value[] {
  const handler = new Map(Object.entries(HANDLERS)).get(use.op);
  if (handler === undefined) throw unsupported(`${use.what} is an operator`);
  const results = handler(use);
  return Array.isArray(results) ? results : [results];
}
