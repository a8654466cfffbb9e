/** Convolutions and matrices. Kernels are constants in TensorFlow's order. */
import { binary } from './arithmetic.js';
import { malformed, unsupported } from './failures.js';
import type { NetworkWriter } from './network-writer.js';
import { tensorOf } from './network-writer.js';
import type { AttributeValue } from './onnx-builder.js';
import { type Computed, type Constant, permuted, real, reshaped, type Value } from './values.js';

/** TensorFlow's two ways, or amounts at top, left, bottom and right. */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number];

/** How a window moves over a picture. Pairs are rows and columns. */
export interface Window {
  strides: readonly [number, number];
  dilations: readonly [number, number];
  padding: Padding;
}

export const EVERY_PLACE: Window = { strides: [1, 1], dilations: [1, 1], padding: 'same' };

/** The attributes that convolutions and pools have in common. */
export function windowAttributes(
  kernel: readonly [number, number],
  { strides, dilations, padding }: Window,
): Record<string, AttributeValue> {
  const attributes = {
    kernel_shape: [...kernel],
    strides: [...strides],
    ...(dilations.every((step) => step === 1) ? {} : { dilations: [...dilations] }),
  };
  if (padding === 'valid') return attributes;
  if (padding !== 'same') return { ...attributes, pads: [...padding] };
  // With strides the amounts depend on the picture's size.
  if (strides.some((stride) => stride !== 1)) return { ...attributes, auto_pad: 'SAME_UPPER' };
  const total = kernel.map((extent, i) => (extent - 1) * (dilations[i] as number));
  const before = total.map((amount) => Math.floor(amount / 2));
  const after = total.map((amount, i) => amount - (before[i] as number));
  return { ...attributes, pads: [...before, ...after] };
}

/** An extent after a window went over it; null where that depends on the picture. */
function extentAfter(
  extent: number | null,
  kernel: number,
  i: 0 | 1,
  window: Window,
): number | null {
  const { strides, dilations, padding } = window;
  if (extent === null) return null;
  if (padding === 'same') return Math.ceil(extent / strides[i]);
  const added = padding === 'valid' ? 0 : padding[i] + padding[(i + 2) as 2 | 3];
  return Math.floor((extent + added - (kernel - 1) * dilations[i] - 1) / strides[i]) + 1;
}

export function shapeAfter(
  { shape }: Value,
  kernel: readonly [number, number],
  window: Window,
  channels: number | null,
): (number | null)[] {
  const [batch, height, width] = shape as (number | null)[];
  return [
    batch ?? null,
    extentAfter(height ?? null, kernel[0], 0, window),
    extentAfter(width ?? null, kernel[1], 1, window),
    channels,
  ];
}

const KERNEL_AXES = 4;

/** A kernel of four axes in another order. */
function kernelIn(kernel: Value, order: readonly number[], what: string): Constant {
  if (kernel.kind !== 'constant') {
    throw unsupported(`${what} has a kernel that is computed from the picture`);
  }
  if (kernel.shape.length !== KERNEL_AXES) {
    throw malformed(`${what} has a kernel of ${kernel.shape.length} axes, not of four`);
  }
  return permuted(kernel, order);
}

/** Numbers one per channel, such as a bias. */
function perChannel(value: Value, channels: number, what: string): Constant {
  if (value.kind === 'constant' && value.values.length === channels) return value;
  throw malformed(`${what} has a bias that is not one number for each of ${channels} channels`);
}

/** Weights in 8 bits as they are, where their codes are along the first axis; else as floats. */
function storeWeights(w: NetworkWriter, weights: Constant): string {
  const { codes, values } = weights;
  const type =
    values instanceof Int8Array ? 'int8' : values instanceof Uint8Array ? 'uint8' : undefined;
  if (codes === undefined || type === undefined || (codes.scales.length > 1 && codes.axis !== 0)) {
    return w.onnx.constant(tensorOf(weights));
  }
  const { scales, zeroPoints } = codes;
  return w.onnx.quantizedWeights({ shape: [...weights.shape], values, scales, zeroPoints, type });
}

function storeBias(w: NetworkWriter, bias: Constant): string {
  if (bias.codes === undefined || !(bias.values instanceof Int32Array)) {
    return w.onnx.constant(tensorOf(reshaped(real(bias), [bias.values.length])));
  }
  return w.onnx.quantizedBias(bias.values, bias.codes.scales);
}

/** The names of weights and of a bias. A layer that is used twice stores them once. */
function parameterNames(
  w: NetworkWriter,
  kernel: Value,
  weights: Constant,
  bias: Value | undefined,
  channels: number,
  what: string,
): string[] {
  const form = weights.shape.join('x');
  const name = w.once(kernel, form, () => storeWeights(w, weights));
  if (bias === undefined) return [name];
  const given = perChannel(bias, channels, what);
  return [name, w.once(given, 'bias', () => storeBias(w, given))];
}

/** @param kernel - rows, columns, input channels of a group, output channels */
export function conv2d(
  w: NetworkWriter,
  x: Value,
  kernel: Value,
  window: Window,
  bias: Value | undefined,
  what: string,
): Computed {
  const input = w.second(x);
  const weights = kernelIn(kernel, [3, 2, 0, 1], what);
  const [outputs, each, rows, columns] = weights.shape as [number, number, number, number];
  const channels = input.shape[3] ?? each;
  if (channels % each !== 0 || outputs % (channels / each) !== 0) {
    throw malformed(`${what} takes ${channels} channels with a kernel for ${each}`);
  }
  return w.node(
    'Conv',
    [input.name, ...parameterNames(w, kernel, weights, bias, outputs, what)],
    { ...windowAttributes([rows, columns], window), group: channels / each },
    { shape: shapeAfter(input, [rows, columns], window, outputs), channelsSecond: true },
  );
}

/** @param kernel - rows, columns, channels, results of each */
export function depthwiseConv2d(
  w: NetworkWriter,
  x: Value,
  kernel: Value,
  window: Window,
  bias: Value | undefined,
  what: string,
): Computed {
  const input = w.second(x);
  const split = kernelIn(kernel, [2, 3, 0, 1], what);
  const [channels, each, rows, columns] = split.shape as [number, number, number, number];
  if (input.shape[3] !== null && input.shape[3] !== channels) {
    throw malformed(`${what} takes ${input.shape[3]} channels with a kernel for ${channels}`);
  }
  const outputs = channels * each;
  // Where each channel has several results, codes are along an axis that is no longer one.
  const exact = split.codes === undefined || split.codes.scales.length === 1 || each === 1;
  const weights = reshaped(exact ? split : real(split), [outputs, 1, rows, columns]);
  return w.node(
    'Conv',
    [input.name, ...parameterNames(w, kernel, weights, bias, outputs, what)],
    { ...windowAttributes([rows, columns], window), group: channels },
    { shape: shapeAfter(input, [rows, columns], window, outputs), channelsSecond: true },
  );
}

/** What a transposed convolution adds and cuts along one axis, as TensorFlow has it. */
function transposedMargins(kernel: number, stride: number, padding: Padding) {
  const short = Math.max(stride - kernel, 0);
  if (padding === 'valid') return { before: 0, after: 0, extra: short };
  const total = Math.max(kernel - stride, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before, extra: short };
}

/** @param kernel - rows, columns, output channels, input channels */
export function transposedConv2d(
  w: NetworkWriter,
  x: Value,
  kernel: Value,
  { strides, dilations, padding }: Window,
  bias: Value | undefined,
  what: string,
): Computed {
  if (dilations.some((step) => step !== 1)) throw unsupported(`${what} is dilated and transposed`);
  if (padding !== 'same' && padding !== 'valid') throw unsupported(`${what} has explicit paddings`);
  const input = w.second(x);
  const plain = kernelIn(kernel, [3, 2, 0, 1], what);
  // ONNX has no codes along the second axis.
  const weights = real(plain);
  const [, outputs, rows, columns] = weights.shape as [number, number, number, number];
  const down = transposedMargins(rows, strides[0], padding);
  const across = transposedMargins(columns, strides[1], padding);
  const grown = (extent: number | null, i: 0 | 1, size: number) => {
    if (extent === null) return null;
    return padding === 'same'
      ? extent * strides[i]
      : (extent - 1) * strides[i] + Math.max(size, strides[i]);
  };
  const [batch = null, height = null, width = null] = input.shape;
  return w.node(
    'ConvTranspose',
    [input.name, ...parameterNames(w, kernel, weights, bias, outputs, what)],
    {
      kernel_shape: [rows, columns],
      strides: [...strides],
      pads: [down.before, across.before, down.after, across.after],
      output_padding: [down.extra, across.extra],
    },
    {
      shape: [batch, grown(height, 0, rows), grown(width, 1, columns), outputs],
      channelsSecond: true,
    },
  );
}

/**
 * Each channel times a row of a matrix.
 *
 * @param kernel - inputs, outputs
 */
export function dense(
  w: NetworkWriter,
  x: Value,
  kernel: Value,
  bias: Value | undefined,
  what: string,
): Value {
  if (kernel.kind !== 'constant' || kernel.shape.length !== 2) {
    throw unsupported(`${what} multiplies by a matrix that is not constant`);
  }
  const [inputs, outputs] = kernel.shape as [number, number];
  if (x.shape.length === 4) {
    const turned = reshaped(kernel, [1, 1, inputs, outputs], kernel.codes ? 3 : 0);
    return conv2d(w, x, turned, EVERY_PLACE, bias, what);
  }
  const input = w.last(x);
  const product = w.node(
    'MatMul',
    [input.name, tensorOf(kernel)],
    {},
    {
      shape: [...input.shape.slice(0, -1), outputs],
    },
  );
  return bias === undefined ? product : binary(w, 'Add', product, perChannel(bias, outputs, what));
}
