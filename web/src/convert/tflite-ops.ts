/** What each operator of TensorFlow Lite is. Numbers of operators and of their options are those of the public schema. */
import {
  activate,
  binary,
  clip,
  gelu,
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
import type { FlatTable } from './flatbuffer-table.js';
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
import {
  type Constant,
  integersOf,
  numberOf,
  permuted,
  real,
  reshaped,
  type Value,
} from './values.js';

/** One operator whose inputs are known. */
export interface OperatorUse {
  w: NetworkWriter;
  /** Such as "operator 7 (CONV_2D)". */
  what: string;
  /** Undefined for one that is left out. */
  inputs: readonly (Value | undefined)[];
  options: FlatTable | undefined;
  /** Shape of what it makes, as the file has it. */
  shape: readonly (number | null)[];
}

interface Operator {
  name: string;
  convert(use: OperatorUse): Value | Value[];
}

type Handler = Operator['convert'];

function input({ inputs, what }: OperatorUse, i: number): Value {
  const value = inputs[i];
  if (value === undefined) throw malformed(`${what} has ${inputs.length} inputs`);
  return value;
}

/** Functions that an operator applies to what it computes, by their number. */
const FUSED = ['linear', 'relu', 'relu_n1_to_1', 'relu6', 'tanh'];

function fused(use: OperatorUse, x: Value, field: number): Value {
  const number = use.options?.byte(field) ?? 0;
  const name = FUSED[number];
  if (name === 'relu_n1_to_1') return clip(use.w, x, -1, 1);
  if (name !== undefined) return activate(use.w, x, name, use.what);
  throw unsupported(`${use.what} ends with function ${number} of the schema`);
}

const paddingOf = ({ options }: OperatorUse, field = 0): Padding =>
  options?.byte(field) === 1 ? 'valid' : 'same';

/** Two numbers of the options, of which the file has that of columns first. */
function pairOf({ options, what }: OperatorUse, columns: number, rows: number): [number, number] {
  const pair = [options?.int(rows, 1) ?? 1, options?.int(columns, 1) ?? 1] as [number, number];
  if (pair.every((extent) => extent > 0)) return pair;
  throw malformed(`${what} has ${pair.join('x')} as strides or extents`);
}

const windowOf = (use: OperatorUse, dilations?: [columns: number, rows: number]): Window => ({
  strides: pairOf(use, 1, 2),
  dilations: dilations === undefined ? [1, 1] : pairOf(use, ...dilations),
  padding: paddingOf(use),
});

function kernelOf(use: OperatorUse, i: number, axes: number): Constant {
  const kernel = input(use, i);
  if (kernel.kind !== 'constant') {
    throw unsupported(`${use.what} has a kernel that is computed from the picture`);
  }
  if (kernel.shape.length === axes) return kernel;
  throw malformed(`${use.what} has a kernel of ${kernel.shape.length} axes, not of ${axes}`);
}

/** The kernel has its outputs first. */
const convolution: Handler = (use) => {
  const kernel = permuted(kernelOf(use, 1, 4), [1, 2, 3, 0]);
  const x = conv2d(use.w, input(use, 0), kernel, windowOf(use, [4, 5]), use.inputs[2], use.what);
  return fused(use, x, 3);
};

/** The kernel has all results of all channels along its last axis. */
const depthwise: Handler = (use) => {
  const kernel = kernelOf(use, 1, 4);
  const [, rows, columns, outputs] = kernel.shape as readonly [number, number, number, number];
  const each = use.options?.int(3, 1) ?? 1;
  if (each < 1 || outputs % each !== 0) throw malformed(`${use.what} has ${each} results of each`);
  const exact = each === 1 ? kernel : real(kernel);
  const kernels = reshaped(exact, [rows, columns, outputs / each, each], 2);
  const window = windowOf(use, [5, 6]);
  const x = depthwiseConv2d(use.w, input(use, 0), kernels, window, use.inputs[2], use.what);
  return fused(use, x, 4);
};

/** Takes the size of its result first, which follows from strides and padding as well. */
const transposedConvolution: Handler = (use) => {
  const kernel = permuted(kernelOf(use, 1, 4), [1, 2, 0, 3]);
  const x = transposedConv2d(use.w, input(use, 2), kernel, windowOf(use), use.inputs[3], use.what);
  return fused(use, x, 3);
};

/** The matrix has its outputs first. All but the last axis of what it is applied to become one. */
const fullyConnected: Handler = (use) => {
  const kernel = permuted(kernelOf(use, 1, 2), [1, 0]);
  const keeps = use.options?.byte(2) === 1;
  const x = input(use, 0);
  const rows = integers([-1, kernel.shape[0] as number]);
  const flat = keeps || x.shape.length === 2 ? x : reshape(use.w, x, rows, use.what);
  return fused(use, dense(use.w, flat, kernel, use.inputs[2], use.what), 0);
};

const integers = (values: readonly number[]): Constant => ({
  ...{ kind: 'constant', integer: true, shape: [values.length], values },
});

const two =
  (op: string): Handler =>
  (use) =>
    fused(use, binary(use.w, op, input(use, 0), input(use, 1)), 0);

/** Of two values, without a function at the end. */
const plainTwo =
  (op: string): Handler =>
  (use) =>
    binary(use.w, op, input(use, 0), input(use, 1));

const one =
  (op: string): Handler =>
  (use) =>
    use.w.pointwise(op, input(use, 0));

const activation =
  (name: string): Handler =>
  (use) =>
    activate(use.w, input(use, 0), name, use.what);

const pooled =
  (kind: 'max' | 'average'): Handler =>
  (use) =>
    fused(use, pool(use.w, input(use, 0), kind, pairOf(use, 3, 4), windowOf(use)), 5);

/** @param corners - the numbers of the two flags among the options */
const resized =
  (mode: 'nearest' | 'bilinear', corners: number, halves: number): Handler =>
  (use) => {
    const flag = (field: number) => use.options?.byte(field) === 1;
    const sampling = { mode, alignCorners: flag(corners), halfPixelCenters: flag(halves) };
    return resizeTo(use.w, input(use, 0), input(use, 1), sampling, use.what);
  };

const reduced =
  (op: Reduction): Handler =>
  (use) => {
    const axes = integersOf(input(use, 1), `the axes of ${use.what}`);
    const keep = use.options?.byte(0) === 1;
    return reduce(use.w, input(use, 0), op, axes, keep, use.what);
  };

const padded: Handler = (use) => {
  const value =
    use.inputs[2] === undefined ? 0 : numberOf(real(use.inputs[2] as Constant), use.what);
  const amounts = amountPairs(input(use, 1), use.what);
  return pad(use.w, input(use, 0), amounts, { mode: 'constant', value }, use.what);
};

const mirrored: Handler = (use) => {
  if (use.options?.byte(0) === 1) {
    throw unsupported(`${use.what} repeats the edge itself (SYMMETRIC)`, 'pad by REFLECT instead');
  }
  return pad(
    use.w,
    input(use, 0),
    amountPairs(input(use, 1), use.what),
    { mode: 'reflect' },
    use.what,
  );
};

const concatenated: Handler = (use) => {
  const values = use.inputs.map((_, i) => input(use, i));
  return fused(use, concat(use.w, values, use.options?.int(0) ?? 0, use.what), 1);
};

/** The shape is an input; in old files it is among the options, in others only that of the result. */
const reshaping: Handler = (use) => {
  const given = use.inputs[1] ?? integers(use.options?.ints(0) ?? use.shape.map((n) => n ?? -1));
  return reshape(use.w, input(use, 0), given, use.what);
};

const strided: Handler = (use) => {
  const mask = (field: number) => use.options?.int(field) ?? 0;
  const masks = {
    begin: mask(0),
    end: mask(1),
    ellipsis: mask(2),
    newAxis: mask(3),
    shrink: mask(4),
  };
  const [starts, ends, steps] = [1, 2, 3].map((i) => integersOf(input(use, i), use.what));
  const places = { starts, ends, steps } as Record<'starts' | 'ends' | 'steps', number[]>;
  return stridedSlice(use.w, input(use, 0), places, masks, use.what);
};

const sliced: Handler = (use) => {
  const [starts, sizes] = [1, 2].map((i) => integersOf(input(use, i), use.what));
  return sliceOfSize(use.w, input(use, 0), starts as number[], sizes as number[]);
};

const parts: Handler = (use) => {
  const axis = numberOf(input(use, 0), use.what);
  return equalParts(use.w, input(use, 1), axis, use.options?.int(0) ?? 1, use.what);
};

const namedParts: Handler = (use) => {
  const sizes = integersOf(input(use, 1), use.what);
  return split(use.w, input(use, 0), numberOf(input(use, 2), use.what), sizes, use.what);
};

const prelus: Handler = (use) => prelu(use.w, input(use, 0), input(use, 1), use.what);

const transposes: Handler = (use) =>
  transpose(use.w, input(use, 0), integersOf(input(use, 1), use.what), use.what);

/** Codes of what is computed become so when it is made, and those of constants are real when they are used. */
const same: Handler = (use) => input(use, 0);

const constantAsReal: Handler = (use) => {
  const x = input(use, 0);
  return x.kind === 'constant' ? real(x) : x;
};

const op = (name: string, convert: Handler): Operator => ({ name, convert });

/** By number. */
const OPERATORS: Readonly<Record<number, Operator>> = {
  0: op('ADD', two('Add')),
  1: op('AVERAGE_POOL_2D', pooled('average')),
  2: op('CONCATENATION', concatenated),
  3: op('CONV_2D', convolution),
  4: op('DEPTHWISE_CONV_2D', depthwise),
  5: op('DEPTH_TO_SPACE', (use) =>
    depthToSpace(use.w, input(use, 0), use.options?.int(0) ?? 0, use.what),
  ),
  6: op('DEQUANTIZE', constantAsReal),
  9: op('FULLY_CONNECTED', fullyConnected),
  14: op('LOGISTIC', activation('sigmoid')),
  17: op('MAX_POOL_2D', pooled('max')),
  18: op('MUL', two('Mul')),
  19: op('RELU', activation('relu')),
  20: op('RELU_N1_TO_1', (use) => clip(use.w, input(use, 0), -1, 1)),
  21: op('RELU6', activation('relu6')),
  22: op('RESHAPE', reshaping),
  23: op('RESIZE_BILINEAR', resized('bilinear', 2, 3)),
  25: op('SOFTMAX', (use) => softmax(use.w, input(use, 0), -1)),
  26: op('SPACE_TO_DEPTH', (use) =>
    spaceToDepth(use.w, input(use, 0), use.options?.int(0) ?? 0, use.what),
  ),
  28: op('TANH', activation('tanh')),
  34: op('PAD', padded),
  39: op('TRANSPOSE', transposes),
  40: op('MEAN', reduced('ReduceMean')),
  41: op('SUB', two('Sub')),
  42: op('DIV', two('Div')),
  43: op('SQUEEZE', (use) => squeeze(use.w, input(use, 0), use.options?.ints(0) ?? [], use.what)),
  45: op('STRIDED_SLICE', strided),
  47: op('EXP', one('Exp')),
  49: op('SPLIT', parts),
  54: op('PRELU', prelus),
  55: op('MAXIMUM', plainTwo('Max')),
  57: op('MINIMUM', plainTwo('Min')),
  59: op('NEG', one('Neg')),
  60: op('PADV2', padded),
  65: op('SLICE', sliced),
  67: op('TRANSPOSE_CONV', transposedConvolution),
  70: op('EXPAND_DIMS', (use) =>
    expand(use.w, input(use, 0), numberOf(input(use, 1), use.what), use.what),
  ),
  73: op('LOG', one('Log')),
  74: op('SUM', reduced('ReduceSum')),
  75: op('SQRT', one('Sqrt')),
  76: op('RSQRT', (use) => reciprocalRoot(use.w, input(use, 0))),
  77: op('SHAPE', (use) => shapeOf(use.w, input(use, 0))),
  78: op('POW', plainTwo('Pow')),
  82: op('REDUCE_MAX', reduced('ReduceMax')),
  83: op('PACK', (use) =>
    pack(
      use.w,
      use.inputs.map((_, i) => input(use, i)),
      use.options?.int(1) ?? 0,
      use.what,
    ),
  ),
  89: op('REDUCE_MIN', reduced('ReduceMin')),
  92: op('SQUARE', (use) => squared(use.w, input(use, 0))),
  97: op('RESIZE_NEAREST_NEIGHBOR', resized('nearest', 0, 1)),
  98: op('LEAKY_RELU', (use) => leakyRelu(use.w, input(use, 0), use.options?.float(0) ?? 0)),
  99: op('SQUARED_DIFFERENCE', (use) => squaredDifference(use.w, input(use, 0), input(use, 1))),
  100: op('MIRROR_PAD', mirrored),
  101: op('ABS', one('Abs')),
  102: op('SPLIT_V', namedParts),
  106: op('ADD_N', (use) =>
    use.inputs.map((_, i) => input(use, i)).reduce((a, b) => binary(use.w, 'Add', a, b)),
  ),
  111: op('ELU', activation('elu')),
  114: op('QUANTIZE', same),
  117: op('HARD_SWISH', one('HardSwish')),
  150: op('GELU', (use) => gelu(use.w, input(use, 0), use.options?.byte(0) === 1)),
};

/** What an operator is called, in messages. */
export const operatorName = (code: number): string => OPERATORS[code]?.name ?? `number ${code}`;

/** @throws TesseraError `ERR_MODEL_OP` for an operator that has no form here. */
export function convertOperator(code: number, use: OperatorUse): Value[] {
  const operator = OPERATORS[code];
  if (operator === undefined) throw unsupported(`${use.what} is an operator`);
  const results = operator.convert(use);
  return Array.isArray(results) ? results : [results];
}
