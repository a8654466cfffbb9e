// Networks are described once, by calls such as conv() and pixelShuffle(); an exporter writes each
// of them as the nodes that a program of that kind leaves in its files. This one is PyTorch's
// TorchScript exporter; others override what they spell differently.
import {
  type AttributeValue,
  type ConstantForm,
  type Declaration,
  float,
  floats,
  int64s,
  OnnxBuilder,
  type TensorData,
  tensor,
} from '../web/support/onnx-builder.ts';
import { Random } from '../web/support/random.ts';

/** A tensor of the network, with the extents that it has for the picture it is traced with. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** An extent: a number, or the name of a scalar that the graph computes. */
export type Extent = number | string;

export type Operand = Value | TensorData | string;

/** Which of the next layer's inputs an output copies, beside its random weights. */
export type Carry = (output: number) => number | undefined;

export interface ConvOptions {
  kernel?: number | [number, number];
  stride?: number;
  dilation?: number;
  groups?: number;
  /** On each side; by default the extent is kept. */
  pad?: number;
  bias?: boolean;
  /** Of the weights: 1 keeps the variance. */
  gain?: number;
  /** Adds a copy of an input to the middle of the kernel. */
  carry?: Carry;
  /** Of the values that are carried on. */
  carryGain?: number;
}

export interface ConvTransposeOptions extends Omit<ConvOptions, 'dilation'> {
  outputPadding?: number;
}

export type Enlargement = 'nearest' | 'linear' | 'cubic';

export interface ExporterOptions {
  opset: number;
  /** Whether height and width are names in the file. */
  dynamic: boolean;
  /** Of the picture: channels, height, width. */
  shape: readonly [number, number, number];
  seed: number;
  half?: boolean;
  constants?: ConstantForm;
  named?: boolean;
  /** The name of a second file for the weights. */
  external?: string;
}

export const channelsOf = ({ shape }: Value): number => shape[1] as number;
export const heightOf = ({ shape }: Value): number => shape[2] as number;
export const widthOf = ({ shape }: Value): number => shape[3] as number;

const product = (extents: readonly number[]): number => extents.reduce((all, n) => all * n, 1);

/** The extents of a result whose operands broadcast. */
function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)));
}

const isValue = (operand: Operand): operand is Value =>
  typeof operand !== 'string' && 'name' in operand;

/** PyTorch's TorchScript exporter, and what others have in common with it. */
export class Exporter {
  readonly builder: OnnxBuilder;
  /** The picture. */
  readonly image: Value;
  protected readonly opset: number;
  protected readonly dynamic: boolean;
  protected readonly random: Random;
  readonly #half: boolean;

  constructor(options: ExporterOptions) {
    const {
      opset,
      dynamic,
      shape,
      seed,
      half = false,
      constants,
      named = true,
      external,
    } = options;
    const [channels, height, width] = shape;
    this.opset = opset;
    this.dynamic = dynamic;
    this.random = new Random(seed);
    this.#half = half;
    this.builder = new OnnxBuilder({
      opset,
      type: half ? 'float16' : 'float32',
      inputShape: this.inputShape(channels, height, width),
      constants: constants ?? this.constantForm,
      named,
      producer: this.producer,
      external,
    });
    this.image = this.readImage(shape);
  }

  protected get producer(): string {
    return 'pytorch';
  }

  protected get constantForm(): ConstantForm {
    return 'initializer';
  }

  protected inputShape(channels: number, height: number, width: number): (number | string)[] {
    return this.dynamic ? ['batch', channels, 'height', 'width'] : [1, channels, height, width];
  }

  protected readImage([channels, height, width]: readonly [number, number, number]): Value {
    return { name: this.builder.input, shape: [1, channels, height, width] };
  }

  /** The declaration of an output. */
  declare({ name, shape }: Value): Declaration {
    const [, channels, height, width] = shape as [number, number, number, number];
    const type = this.#half ? 'float16' : 'float32';
    if (shape.length !== 4) return { name, type, shape: [...shape] };
    if (!this.dynamic) return { name, type, shape: [1, channels, height, width] };
    return { name, type, shape: ['batch', channels, 'output_height', 'output_width'] };
  }

  /** Ends the network with these outputs and returns the file. */
  finish(...outputs: Value[]): Uint8Array<ArrayBuffer> {
    return this.builder.build(...outputs.map((output) => this.declare(output)));
  }

  // Constants

  /** Numbers of the type that the network computes in. */
  reals(shape: number[], values: readonly number[]): TensorData {
    return { ...tensor(shape, values), type: this.#half ? 'float16' : 'float32' };
  }

  /** An input beside the picture, of one number. */
  numberInput(name: string): Value {
    this.builder.addInput({ name, type: this.#half ? 'float16' : 'float32', shape: [1] });
    return { name, shape: [1] };
  }

  scalar(value: number): TensorData {
    return this.reals([], [value]);
  }

  protected integer(value: number): TensorData {
    return { shape: [], type: 'int64', values: [value] };
  }

  randoms(shape: number[], scale = 1, offset = 0): TensorData {
    const values = this.random.floats(product(shape), scale).map((value) => value + offset);
    return this.reals(shape, values);
  }

  // Nodes

  protected write(
    op: string,
    inputs: Operand[],
    shape: readonly number[],
    attributes: Record<string, AttributeValue> = {},
  ): Value {
    const names = inputs.map((each) => (isValue(each) ? each.name : each));
    return { name: this.builder.node(op, names, attributes), shape };
  }

  /** A node whose result has the extents of its first input. */
  protected map(op: string, input: Value, attributes: Record<string, AttributeValue> = {}): Value {
    return this.write(op, [input], input.shape, attributes);
  }

  /** A node that takes its axes as an attribute before some operator set, as an input from then on. */
  protected withAxes(
    op: string,
    input: Value,
    axes: number[],
    since: number,
    shape: readonly number[],
    attributes: Record<string, AttributeValue> = {},
  ): Value {
    return this.opset < since
      ? this.write(op, [input], shape, { ...attributes, axes })
      : this.write(op, [input, int64s(axes)], shape, attributes);
  }

  // Arithmetic

  private shapeOf(operand: Operand): readonly number[] {
    return typeof operand === 'string' ? [] : operand.shape;
  }

  private binary(op: string, a: Operand, b: Operand): Value {
    return this.write(op, [a, b], broadcast(this.shapeOf(a), this.shapeOf(b)));
  }

  private operand(value: Operand | number): Operand {
    return typeof value === 'number' ? this.scalar(value) : value;
  }

  add(a: Operand | number, b: Operand | number): Value {
    return this.binary('Add', this.operand(a), this.operand(b));
  }

  sub(a: Operand | number, b: Operand | number): Value {
    return this.binary('Sub', this.operand(a), this.operand(b));
  }

  mul(a: Operand | number, b: Operand | number): Value {
    return this.binary('Mul', this.operand(a), this.operand(b));
  }

  div(a: Operand | number, b: Operand | number): Value {
    return this.binary('Div', this.operand(a), this.operand(b));
  }

  pow(a: Operand, exponent: number): Value {
    return this.binary('Pow', a, this.scalar(exponent));
  }

  maximum(a: Operand, b: Operand): Value {
    return this.binary('Max', a, b);
  }

  matmul(a: Value, b: Operand): Value {
    const right = this.shapeOf(b);
    const columns = right.at(-1) as number;
    return this.write('MatMul', [a, b], [...a.shape.slice(0, -1), columns]);
  }

  // Activations

  relu(x: Value): Value {
    return this.map('Relu', x);
  }

  leaky(x: Value, alpha = 0.2): Value {
    return this.map('LeakyRelu', x, { alpha: float(alpha) });
  }

  /** PReLU with a slope per channel, or one for all. */
  prelu(x: Value, { shared = false } = {}): Value {
    const count = shared ? 1 : channelsOf(x);
    return this.write('PRelu', [x, this.randoms([count, 1, 1], 0.15, 0.2)], x.shape);
  }

  sigmoid(x: Value): Value {
    return this.map('Sigmoid', x);
  }

  tanh(x: Value): Value {
    return this.map('Tanh', x);
  }

  silu(x: Value): Value {
    return this.mul(x, this.sigmoid(x));
  }

  elu(x: Value): Value {
    return this.map('Elu', x, { alpha: float(1) });
  }

  softplus(x: Value): Value {
    return this.map('Softplus', x);
  }

  mish(x: Value): Value {
    return this.mul(x, this.tanh(this.softplus(x)));
  }

  /** Exact GELU: as one operator from set 20 on. */
  gelu(x: Value): Value {
    if (this.opset >= 20) return this.map('Gelu', x);
    const erf = this.map('Erf', this.div(x, Math.SQRT2));
    return this.mul(this.mul(x, this.add(erf, 1)), 0.5);
  }

  /** The approximation by tanh. */
  geluTanh(x: Value): Value {
    const cube = this.mul(this.mul(x, x), x);
    const inner = this.mul(this.add(x, this.mul(cube, 0.044715)), Math.sqrt(2 / Math.PI));
    return this.mul(this.mul(x, 0.5), this.add(this.tanh(inner), 1));
  }

  hardSigmoid(x: Value): Value {
    if (this.opset >= 14) return this.map('HardSigmoid', x, { alpha: float(1 / 6) });
    return this.div(this.clip(this.add(x, 3), 0, 6), 6);
  }

  hardSwish(x: Value): Value {
    return this.opset >= 14 ? this.map('HardSwish', x) : this.mul(x, this.hardSigmoid(x));
  }

  clip(x: Value, low: number, high: number): Value {
    if (this.opset < 11) return this.map('Clip', x, { min: float(low), max: float(high) });
    return this.write('Clip', [x, this.scalar(low), this.scalar(high)], x.shape);
  }

  sqrt(x: Value): Value {
    return this.map('Sqrt', x);
  }

  exp(x: Value): Value {
    return this.map('Exp', x);
  }

  abs(x: Value): Value {
    return this.map('Abs', x);
  }

  neg(x: Value): Value {
    return this.map('Neg', x);
  }

  softmax(x: Value, axis: number): Value {
    // Before set 13 it worked on all axes from the given one on.
    if (this.opset >= 13 || axis === x.shape.length - 1) return this.map('Softmax', x, { axis });
    const order = x.shape.map((_, i) => i);
    [order[axis], order[order.length - 1]] = [order.length - 1, axis];
    const moved = this.transpose(x, order);
    return this.transpose(this.map('Softmax', moved, { axis: order.length - 1 }), order);
  }

  // Layers

  /** Weights with the variance that `gain` says, beside what is carried on. */
  protected weights(
    outputs: number,
    inputs: number,
    kernel: readonly [number, number],
    { gain = 1, groups = 1, carry, carryGain = 1 }: ConvOptions,
  ): TensorData {
    const fanIn = (inputs / groups) * kernel[0] * kernel[1];
    const data = this.randoms([outputs, inputs / groups, ...kernel], gain * Math.sqrt(3 / fanIn));
    if (carry === undefined) return data;
    const values = [...data.values];
    const middle = Math.floor(kernel[0] / 2) * kernel[1] + Math.floor(kernel[1] / 2);
    for (let output = 0; output < outputs; output++) {
      const from = carry(output);
      if (from === undefined) continue;
      const at = (output * (inputs / groups) + from) * kernel[0] * kernel[1] + middle;
      values[at] = (values[at] as number) + carryGain;
    }
    return { ...data, values };
  }

  protected bias(outputs: number, { bias = true, gain = 1 }: ConvOptions): TensorData[] {
    return bias ? [this.randoms([outputs], 0.1 * gain)] : [];
  }

  conv(x: Value, outputs: number, options: ConvOptions = {}): Value {
    const { kernel: k = 3, stride = 1, dilation = 1, groups = 1 } = options;
    const kernel: [number, number] = typeof k === 'number' ? [k, k] : k;
    const pads = kernel.map((n) => options.pad ?? (dilation * (n - 1)) / 2) as [number, number];
    const extent = (axis: 0 | 1) => {
      const reach = dilation * (kernel[axis] - 1) + 1;
      return Math.floor(((x.shape[2 + axis] as number) + 2 * pads[axis] - reach) / stride) + 1;
    };
    const shape = [1, outputs, extent(0), extent(1)];
    const weights = this.weights(outputs, channelsOf(x), kernel, options);
    return this.writeConv(x, [weights, ...this.bias(outputs, options)], shape, {
      dilations: [dilation, dilation],
      group: groups,
      kernel_shape: kernel,
      pads: [...pads, ...pads],
      strides: [stride, stride],
    });
  }

  protected writeConv(
    x: Value,
    constants: TensorData[],
    shape: number[],
    attributes: Record<string, AttributeValue>,
  ): Value {
    return this.write('Conv', [x, ...constants], shape, attributes);
  }

  convTranspose(x: Value, outputs: number, options: ConvTransposeOptions = {}): Value {
    const { kernel: k = 4, stride = 2, groups = 1, outputPadding = 0 } = options;
    const kernel: [number, number] = typeof k === 'number' ? [k, k] : k;
    const pad = options.pad ?? Math.ceil((kernel[0] - stride) / 2);
    const inputs = channelsOf(x);
    const fanIn = ((inputs / groups) * product(kernel)) / stride ** 2;
    const bound = (options.gain ?? 1) * Math.sqrt(3 / fanIn);
    const weights = this.randoms([inputs, outputs / groups, ...kernel], bound);
    const extent = (axis: 0 | 1) =>
      ((x.shape[2 + axis] as number) - 1) * stride - 2 * pad + kernel[axis] + outputPadding;
    const shape = [1, outputs, extent(0), extent(1)];
    const constants = [this.carryUp(weights, stride, options), ...this.bias(outputs, options)];
    return this.write('ConvTranspose', [x, ...constants], shape, {
      dilations: [1, 1],
      group: groups,
      kernel_shape: kernel,
      ...(outputPadding > 0 ? { output_padding: [outputPadding, outputPadding] } : {}),
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  /** Adds a tent over `stride` pixels to the kernels from an input to an output of that number. */
  private carryUp(data: TensorData, stride: number, { carry, carryGain = 1 }: ConvOptions) {
    if (carry === undefined) return data;
    const [, outputs, rows, columns] = data.shape as [number, number, number, number];
    const values = [...data.values];
    for (let output = 0; output < outputs; output++) {
      const from = carry(output);
      if (from === undefined) continue;
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const tent = (i: number, n: number) =>
            Math.max(0, 1 - Math.abs(i - (n - 1) / 2) / stride);
          const at = ((from * outputs + output) * rows + y) * columns + x;
          values[at] = (values[at] as number) + carryGain * tent(y, rows) * tent(x, columns);
        }
      }
    }
    return { ...data, values };
  }

  /** Statistics of a trained network: near 0 and 1, never exactly. */
  batchNorm(x: Value, epsilon = 1e-5): Value {
    const channels = channelsOf(x);
    const near = (middle: number) => this.randoms([channels], 0.2, middle);
    const inputs = [x, near(1), near(0), near(0), near(1)];
    return this.write('BatchNormalization', inputs, x.shape, { epsilon: float(epsilon) });
  }

  // Channels

  concat(values: Value[], axis = 1): Value {
    const shape = [...(values[0] as Value).shape];
    shape[axis] = values.reduce((sum, value) => sum + (value.shape[axis] as number), 0);
    return this.write('Concat', values, shape, { axis });
  }

  split(x: Value, sizes: number[], axis = 1): Value[] {
    const names = this.builder.nodeWith(
      'Split',
      this.opset < 13 ? [x.name] : [x.name, int64s(sizes)],
      {
        attributes: this.opset < 13 ? { axis, split: sizes } : { axis },
        outputs: sizes.length,
      },
    );
    return sizes.map((size, i) => this.piece(x, names[i] as string, axis, size));
  }

  protected piece(x: Value, name: string, axis: number, size: number): Value {
    return { name, shape: x.shape.map((extent, i) => (i === axis ? size : extent)) };
  }

  /**
   * Equal parts: torch.chunk. With shapes that are not known it is written as slices whose ends the
   * graph computes.
   */
  chunk(x: Value, count: number, axis = 1): Value[] {
    const size = (x.shape[axis] as number) / count;
    if (!this.dynamic || this.opset < 11) return this.split(x, Array(count).fill(size), axis);
    const dimension = this.write('Gather', [this.shape(x), int64s([axis])], [1], { axis: 0 });
    const shifted = this.write('Add', [dimension, int64s([count - 1])], [1]);
    const each = this.write('Div', [shifted, int64s([count])], [1]);
    let start: Operand = int64s([0]);
    return Array.from({ length: count }, (_, i) => {
      const end = this.write('Mul', [each, int64s([i + 1])], [1]);
      const part = this.write('Slice', [x, start, end, int64s([axis])], x.shape);
      start = end;
      return this.piece(x, part.name, axis, size);
    });
  }

  /** x[..., start:end, ...] along one axis. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    const extent = x.shape[axis] as number;
    const from = start < 0 ? extent + start : start;
    const to = Math.min(end < 0 ? extent + end : end, extent);
    const shape = this.piece(x, '', axis, to - from).shape;
    if (this.opset < 10) {
      return this.write('Slice', [x], shape, { axes: [axis], starts: [start], ends: [end] });
    }
    return this.write('Slice', [x, ...[[start], [end], [axis], [1]].map(int64s)], shape);
  }

  /** Without `margin` pixels at each edge. */
  crop(x: Value, margin: number): Value {
    return this.slice(this.slice(x, 2, margin, -margin), 3, margin, -margin);
  }

  // Shapes

  protected shape(x: Value): Value {
    return this.write('Shape', [x], [x.shape.length]);
  }

  /** One extent of a tensor, as tracing writes it. */
  extent(x: Value, axis: number): Extent {
    if (!this.dynamic) return x.shape[axis] as number;
    return this.write('Gather', [this.shape(x), this.integer(axis)], [], { axis: 0 }).name;
  }

  /** Arithmetic of extents; `//` rounds down, and `%` is never negative. */
  extentOf(op: '+' | '-' | '*' | '//' | '%', a: Extent, b: number): Extent {
    if (typeof a === 'number') {
      const results = { '+': a + b, '-': a - b, '*': a * b, '//': Math.floor(a / b), '%': a % b };
      return results[op];
    }
    if (op === '//') return this.floorDivide(a, b);
    const name = { '+': 'Add', '-': 'Sub', '*': 'Mul', '%': 'Mod' }[op];
    return this.builder.node(name, [a, this.integer(b)]);
  }

  /** Division of whole numbers, with the correction for negative ones that newer versions write. */
  protected floorDivide(a: string, b: number): string {
    const node = (op: string, ...inputs: (string | TensorData)[]) => this.builder.node(op, inputs);
    const divisor = this.builder.constant(this.integer(b));
    const quotient = node('Div', a, divisor);
    if (this.opset < 13) return quotient;
    const zero = this.builder.constant(this.integer(0));
    const negative = node('Xor', node('Less', a, zero), node('Less', divisor, zero));
    const exact = node('Equal', node('Mod', a, divisor), zero);
    const wrong = node('And', negative, node('Not', exact));
    return node('Sub', quotient, this.builder.node('Cast', [wrong], { to: 7 }));
  }

  /** A list of extents as one tensor. */
  protected list(extents: readonly Extent[]): Operand {
    if (extents.every((each) => typeof each === 'number')) return int64s(extents as number[]);
    const parts = extents.map((each) => {
      if (typeof each === 'number')
        return { name: this.builder.constant(int64s([each])), shape: [1] };
      return this.unsqueeze({ name: each, shape: [] }, [0]);
    });
    return this.concat(parts, 0);
  }

  unsqueeze(x: Value, axes: number[]): Value {
    const shape = [...x.shape];
    for (const axis of axes) shape.splice(axis, 0, 1);
    return this.withAxes('Unsqueeze', x, axes, 13, shape);
  }

  squeeze(x: Value, axes: number[]): Value {
    const shape = x.shape.filter((_, i) => !axes.includes(i));
    return this.withAxes('Squeeze', x, axes, 13, shape);
  }

  /** `extents` may hold 0 (as it was) and -1 (the rest); `shape` is what comes out. */
  reshape(x: Value, extents: readonly Extent[], shape: number[]): Value {
    return this.write('Reshape', [x, this.list(extents)], shape);
  }

  transpose(x: Value, perm: number[]): Value {
    return this.write(
      'Transpose',
      [x],
      perm.map((axis) => x.shape[axis] as number),
      { perm },
    );
  }

  // Pictures

  /** The carry of a convolution before pixelShuffle(): every colour to all of its pixels. */
  shuffleCarry(_channels: number, factor: number): Carry {
    return (output) => Math.floor(output / factor ** 2);
  }

  /** nn.PixelShuffle: spelled out before set 11. */
  pixelShuffle(x: Value, factor: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const outputs = channels / factor ** 2;
    const shape = [1, outputs, height * factor, width * factor];
    if (this.opset >= 11) {
      return this.write('DepthToSpace', [x], shape, { blocksize: factor, mode: 'CRD' });
    }
    return this.dynamic
      ? this.shuffleBySqueezing(x, factor, shape)
      : this.shuffleBySizes(x, factor, shape);
  }

  /** With known extents. */
  protected shuffleBySizes(x: Value, f: number, shape: number[]): Value {
    const [height, width] = [heightOf(x), widthOf(x)];
    const apart = [shape[0], shape[1], f, f, height, width] as number[];
    const viewed = this.reshape(x, [-1, ...apart.slice(1)], apart);
    const moved = this.transpose(viewed, [0, 1, 4, 2, 5, 3]);
    return this.reshape(moved, [-1, ...shape.slice(1)], shape);
  }

  /** With extents that are not known: by axes of length 1 that the copied extents leave alone. */
  private shuffleBySqueezing(x: Value, f: number, shape: number[]): Value {
    const [height, width] = [heightOf(x), widthOf(x)];
    const [, outputs, tall, wide] = shape as [number, number, number, number];
    const apart = [1, outputs, f, f, height, width];
    const viewed = this.reshape(this.unsqueeze(x, [2, 3]), [0, -1, f, f, 0, 0], apart);
    const moved = this.transpose(viewed, [0, 1, 4, 2, 5, 3]);
    const rows = this.reshape(moved, [0, 0, -1, 1, 0, 0], [1, outputs, tall, 1, width, f]);
    const all = this.reshape(rows, [0, 0, 0, 0, -1, 1], [1, outputs, tall, 1, wide, 1]);
    return this.squeeze(all, [3, 5]);
  }

  /** nn.PixelUnshuffle, which no set has an operator for in this channel order. */
  pixelUnshuffle(x: Value, f: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const [h, w] = [height / f, width / f];
    const shape = [1, channels * f * f, h, w];
    const apart = [1, channels, h, f, w, f];
    if (!this.dynamic) {
      const viewed = this.reshape(x, [-1, ...apart.slice(1)], apart);
      const moved = this.transpose(viewed, [0, 1, 3, 5, 2, 4]);
      return this.reshape(moved, [-1, ...shape.slice(1)], shape);
    }
    const rows = this.reshape(this.unsqueeze(x, [3]), [0, 0, -1, f, 0], [1, channels, h, f, width]);
    const viewed = this.reshape(rows, [0, 0, 0, 0, -1, f], apart);
    const moved = this.transpose(viewed, [0, 1, 3, 5, 2, 4]);
    const joined = this.reshape(moved, [0, -1, 1, 1, 0, 0], [1, channels * f * f, 1, 1, h, w]);
    return this.squeeze(joined, [2, 3]);
  }

  /** The order of channels that a grouped network mixes with: view, transpose, view. */
  channelShuffle(x: Value, groups: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const each = channels / groups;
    const [h, w] = [this.extent(x, 2), this.extent(x, 3)];
    const apart = this.reshape(x, [1, groups, each, h, w], [1, groups, each, height, width]);
    const moved = this.transpose(apart, [0, 2, 1, 3, 4]);
    return this.reshape(moved, [1, -1, h, w], [...x.shape]);
  }

  protected modes(mode: Enlargement, alignCorners = false): Record<string, AttributeValue> {
    const smooth = alignCorners ? 'align_corners' : 'pytorch_half_pixel';
    return {
      coordinate_transformation_mode: mode === 'nearest' ? 'asymmetric' : smooth,
      cubic_coeff_a: float(-0.75),
      mode,
      nearest_mode: 'floor',
    };
  }

  /** F.interpolate by a factor. */
  enlarge(x: Value, factor: number, mode: Enlargement = 'nearest', alignCorners = false): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const shape = [1, channels, Math.floor(height * factor), Math.floor(width * factor)];
    const scales = tensor([4], [1, 1, factor, factor]);
    if (this.opset < 9) {
      return this.write('Upsample', [x], shape, { mode, scales: floats([1, 1, factor, factor]) });
    }
    if (this.opset === 9) return this.write('Upsample', [x, scales], shape, { mode });
    if (this.opset === 10) return this.write('Resize', [x, scales], shape, { mode });
    return this.write(
      'Resize',
      [x, this.noRegion(), scales],
      shape,
      this.modes(mode, alignCorners),
    );
  }

  /** The input of Resize that is not used: required at first, left out later. */
  protected noRegion(): Operand {
    return this.opset < 13 ? tensor([0], []) : '';
  }

  /** F.interpolate to a size. */
  resizeTo(
    x: Value,
    [rows, columns]: readonly [Extent, Extent],
    [height, width]: readonly [number, number],
    mode: Enlargement,
    alignCorners = false,
  ): Value {
    const shape = [1, channelsOf(x), height, width];
    if (this.opset < 11) return this.resizeByQuotient(x, [rows, columns], shape, mode);
    const sizes = this.sizes(x, rows, columns);
    const inputs = [x, this.noRegion(), this.opset < 13 ? tensor([0], []) : '', sizes];
    return this.write('Resize', inputs, shape, this.modes(mode, alignCorners));
  }

  /** All extents of a Resize: those of batch and channels, and the new ones. */
  protected sizes(x: Value, rows: Extent, columns: Extent): Operand {
    if (typeof rows === 'number' && typeof columns === 'number') {
      return int64s([1, channelsOf(x), rows, columns]);
    }
    const slice = [[0], [2], [0]].map(int64s);
    const leading = this.write('Slice', [this.shape(x), ...slice], [2]);
    const wanted = this.write('Cast', [this.list([rows, columns])], [2], { to: 7 });
    return this.concat([leading, wanted], 0);
  }

  /** Before set 11 a size was turned into factors. */
  private resizeByQuotient(x: Value, to: Extent[], shape: number[], mode: Enlargement): Value {
    const op = this.opset < 10 ? 'Upsample' : 'Resize';
    if (to.every((each) => typeof each === 'number')) {
      const [rows, columns] = to as [number, number];
      const scales = tensor([4], [1, 1, rows / heightOf(x), columns / widthOf(x)]);
      return this.write(op, [x, scales], shape, { mode });
    }
    const wanted = this.write('Cast', [this.list(to)], [2], { to: 1 });
    const all = this.shape(x);
    const tail =
      this.opset < 10
        ? this.write('Slice', [all], [2], { axes: [0], starts: [2], ends: [4] })
        : this.write('Slice', [all, ...[[2], [4], [0]].map(int64s)], [2]);
    const have = this.write('Cast', [tail], [2], { to: 1 });
    const quotients = this.write('Div', [wanted, have], [2]);
    const ones = { name: this.builder.constant(tensor([2], [1, 1])), shape: [2] };
    return this.write(op, [x, this.concat([ones, quotients], 0)], shape, { mode });
  }

  /** F.interpolate to the size of another tensor. */
  resizeLike(x: Value, like: Value, mode: Enlargement): Value {
    const sizes = [this.extent(like, 2), this.extent(like, 3)] as const;
    return this.resizeTo(x, sizes, [heightOf(like), widthOf(like)], mode);
  }

  /** F.pad; pads are left, right, top, bottom. */
  pad(
    x: Value,
    pads: readonly [Extent, Extent, Extent, Extent],
    amounts: readonly [number, number, number, number],
    mode: 'constant' | 'reflect' | 'edge' = 'constant',
  ): Value {
    const [left, right, top, bottom] = amounts;
    const shape = [1, channelsOf(x), heightOf(x) + top + bottom, widthOf(x) + left + right];
    if (this.opset < 11) {
      return this.write('Pad', [x], shape, { mode, pads: [0, 0, top, left, 0, 0, bottom, right] });
    }
    const value = mode === 'constant' ? [this.scalar(0)] : [''];
    return this.write('Pad', [x, this.padList(pads), ...value], shape, { mode });
  }

  /** The same on all sides. */
  padAll(x: Value, amount: number, mode: 'constant' | 'reflect' | 'edge'): Value {
    const amounts = [amount, amount, amount, amount] as const;
    return this.pad(x, amounts, amounts, mode);
  }

  /** PyTorch's order of pads turned into ONNX's by the graph itself. */
  protected padList(pads: readonly Extent[]): Operand {
    const given = this.list(pads);
    if (!this.dynamic) {
      const [left, right, top, bottom] = pads as number[];
      return int64s([0, 0, top, left, 0, 0, bottom, right] as number[]);
    }
    const zeros = this.write('ConstantOfShape', [int64s([4])], [4], {
      value: { shape: [1], type: 'int64', values: [0] },
    });
    const first = isValue(given)
      ? given
      : { name: this.builder.constant(given as TensorData), shape: [4] };
    const pairs = this.reshape(this.concat([first, zeros], 0), [-1, 2], [4, 2]);
    const steps = [[-1], [-9223372036854775000], [0], [-1]].map(int64s);
    const reversed = this.write('Slice', [pairs, ...steps], [4, 2]);
    const flat = this.reshape(this.transpose(reversed, [1, 0]), [-1], [8]);
    return this.write('Cast', [flat], [8], { to: 7 });
  }

  // Reductions

  private pooled(x: Value, kernel: number, stride: number, pad: number, ceil: boolean): number[] {
    const extent = (n: number) => {
      const steps = (n + 2 * pad - kernel) / stride;
      return (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    };
    return [1, channelsOf(x), extent(heightOf(x)), extent(widthOf(x))];
  }

  maxPool(x: Value, kernel: number, stride = kernel, pad = 0): Value {
    return this.write('MaxPool', [x], this.pooled(x, kernel, stride, pad, false), {
      ...(this.opset >= 10 ? { ceil_mode: 0 } : {}),
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  averagePool(x: Value, kernel: number, stride = kernel, pad = 0): Value {
    return this.write('AveragePool', [x], this.pooled(x, kernel, stride, pad, false), {
      ...(this.opset >= 10 ? { ceil_mode: 0 } : {}),
      count_include_pad: 1,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  /** nn.AdaptiveAvgPool2d(1). */
  globalAverage(x: Value): Value {
    return this.write('GlobalAveragePool', [x], [1, channelsOf(x), 1, 1]);
  }

  reduce(op: 'Mean' | 'Sum' | 'Max' | 'Min' | 'L2', x: Value, axes: number[], keep = true): Value {
    const kept = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
    const shape = keep ? kept : x.shape.filter((_, i) => !axes.includes(i));
    const since = op === 'Sum' ? 13 : 18;
    return this.withAxes(`Reduce${op}`, x, axes, since, shape, { keepdims: keep ? 1 : 0 });
  }

  /** Layer normalization over the channels, spelled out as networks for pictures do. */
  layerNormChannels(x: Value, epsilon = 1e-6): Value {
    const channels = channelsOf(x);
    const centred = this.sub(x, this.reduce('Mean', x, [1]));
    const variance = this.reduce('Mean', this.pow(centred, 2), [1]);
    const normal = this.div(centred, this.sqrt(this.add(variance, epsilon)));
    const scaled = this.mul(normal, this.randoms([1, channels, 1, 1], 0.2, 1));
    return this.add(scaled, this.randoms([1, channels, 1, 1], 0.1));
  }

  /** nn.LayerNorm over the last axis. */
  layerNorm(x: Value, epsilon = 1e-5): Value {
    const last = x.shape.length - 1;
    const scale = this.randoms([x.shape[last] as number], 0.2, 1);
    const shift = this.randoms([x.shape[last] as number], 0.1);
    if (this.opset >= 17) {
      const attributes = { axis: -1, epsilon: float(epsilon) };
      return this.write('LayerNormalization', [x, scale, shift], x.shape, attributes);
    }
    const mean = this.reduceLast(x);
    const centred = this.sub(x, mean);
    const variance = this.reduceLast(this.pow(centred, 2));
    const normal = this.div(centred, this.sqrt(this.add(variance, epsilon)));
    return this.add(this.mul(normal, scale), shift);
  }

  private reduceLast(x: Value): Value {
    const shape = [...x.shape.slice(0, -1), 1];
    return this.withAxes('ReduceMean', x, [-1], 18, shape, { keepdims: 1 });
  }

  /** nn.Linear over the last axis. */
  linear(x: Value, outputs: number, gain = 1): Value {
    const inputs = x.shape.at(-1) as number;
    const weights = this.randoms([inputs, outputs], gain * Math.sqrt(3 / inputs));
    return this.add(this.matmul(x, weights), this.randoms([outputs], 0.05 * gain));
  }

  /** One of the leading parts of a stacked tensor: x[index]. */
  pick(x: Value, index: number): Value {
    return this.write('Gather', [x, this.integer(index)], x.shape.slice(1), { axis: 0 });
  }

  /** Writes any other node. */
  other(
    op: string,
    inputs: Operand[],
    shape: readonly number[],
    attributes: Record<string, AttributeValue> = {},
  ): Value {
    return this.write(op, inputs, shape, attributes);
  }
}
