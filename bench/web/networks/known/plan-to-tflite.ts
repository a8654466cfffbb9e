// Plans as TensorFlow Lite files, for pictures of one size.

import { TfliteBuilder } from '../tflite-builder.ts';
import type { Activation, ConvStep, Plan, Step, TransposedConvStep } from './plan.ts';

const Padding = { same: 0, valid: 1 } as const;

interface Value {
  /** The builder's number. */
  tensor: number;
  edge: number;
  channels: number;
}

/** ONNX's order of a pixel shuffle as TensorFlow's: all colours of a pixel beside each other. */
function outputOrder({ outputs, shuffle }: ConvStep): number[] {
  const block = shuffle ** 2;
  const colours = outputs / block;
  return Array.from({ length: outputs }, (_, i) => (i % colours) * block + Math.floor(i / colours));
}

class TflitePlanWriter {
  readonly #builder = new TfliteBuilder();
  readonly #values: Value[] = [];

  write({ steps }: Plan, edge: number): Uint8Array<ArrayBuffer> {
    this.#values.push(this.#make(edge, 3));
    for (const step of steps) this.#values.push(this.#step(step));
    return this.#builder.build(this.#value(0).tensor, this.#value(steps.length).tensor);
  }

  #value(value: number): Value {
    return this.#values[value] as Value;
  }

  #make(edge: number, channels: number): Value {
    const tensor = this.#builder.tensor({ type: 'float32', shape: [1, edge, edge, channels] });
    return { tensor, edge, channels };
  }

  #floats(shape: number[], values: readonly number[]): number {
    return this.#builder.tensor({ type: 'float32', shape, values });
  }

  #ints(values: readonly number[]): number {
    return this.#builder.tensor({ type: 'int32', shape: [values.length], values });
  }

  #step(step: Step): Value {
    const b = this.#builder;
    switch (step.op) {
      case 'conv':
        return this.#conv(step);
      case 'transposed':
        return this.#transposed(step);
      case 'activate':
        return this.#activate(this.#value(step.input), step.activation);
      case 'add':
      case 'multiply': {
        const [one, other] = step.inputs.map((input) => this.#value(input)) as [Value, Value];
        const to = this.#make(one.edge, one.channels);
        b.operator(step.op === 'add' ? 'ADD' : 'MUL', [one.tensor, other.tensor], to.tensor);
        return to;
      }
      case 'addConstant':
      case 'multiplyConstant': {
        const from = this.#value(step.input);
        const to = this.#make(from.edge, from.channels);
        const name = step.op === 'addConstant' ? 'ADD' : 'MUL';
        b.operator(name, [from.tensor, this.#floats([], [step.constant])], to.tensor);
        return to;
      }
      case 'concat': {
        const inputs = step.inputs.map((input) => this.#value(input));
        const channels = inputs.reduce((sum, each) => sum + each.channels, 0);
        const to = this.#make((inputs[0] as Value).edge, channels);
        const numbers = inputs.map(({ tensor }) => tensor);
        b.operator('CONCATENATION', numbers, to.tensor, { ints: { 0: 3 } });
        return to;
      }
      case 'enlarge': {
        const from = this.#value(step.input);
        const to = this.#make(from.edge * step.factor, from.channels);
        const size = this.#ints([to.edge, to.edge]);
        b.operator('RESIZE_NEAREST_NEIGHBOR', [from.tensor, size], to.tensor);
        return to;
      }
      case 'maxPool': {
        const from = this.#value(step.input);
        const { kernel, stride } = step;
        const to = this.#make(Math.floor((from.edge - kernel) / stride) + 1, from.channels);
        b.operator('MAX_POOL_2D', [from.tensor], to.tensor, {
          bytes: { 0: Padding.valid },
          ints: { 1: stride, 2: stride, 3: kernel, 4: kernel },
        });
        return to;
      }
      case 'resizeLike': {
        const from = this.#value(step.input);
        const to = this.#make(this.#value(step.like).edge, from.channels);
        const size = this.#ints([to.edge, to.edge]);
        // Pixels' centres are in their middle.
        const options = { bytes: { 3: 1 } };
        b.operator('RESIZE_BILINEAR', [from.tensor, size], to.tensor, options);
        return to;
      }
    }
  }

  #conv(step: ConvStep): Value {
    const { kernel, stride, padding, inputs, outputs, weights, bias, shuffle } = step;
    const from = this.#value(step.input);
    const edge = padding === 'same' ? from.edge : Math.floor((from.edge - kernel) / stride) + 1;
    const order = outputOrder(step);
    const area = kernel * kernel;
    const ohwi = order.flatMap((o) =>
      Array.from({ length: area * inputs }, (_, i) => {
        const [tap, channel] = [Math.floor(i / inputs), i % inputs];
        return weights[(o * inputs + channel) * area + tap] as number;
      }),
    );
    const to = this.#make(edge, outputs);
    this.#builder.operator(
      'CONV_2D',
      [
        from.tensor,
        this.#floats([outputs, kernel, kernel, inputs], ohwi),
        this.#floats(
          [outputs],
          order.map((o) => bias[o] as number),
        ),
      ],
      to.tensor,
      { bytes: { 0: Padding[padding] }, ints: { 1: stride, 2: stride, 4: 1, 5: 1 } },
    );
    if (shuffle === 1) return to;
    const shuffled = this.#make(edge * shuffle, outputs / shuffle ** 2);
    this.#builder.operator('DEPTH_TO_SPACE', [to.tensor], shuffled.tensor, {
      ints: { 0: shuffle },
    });
    return shuffled;
  }

  #transposed({
    input,
    kernel,
    stride,
    inputs,
    outputs,
    weights,
    bias,
  }: TransposedConvStep): Value {
    const from = this.#value(input);
    const to = this.#make(from.edge * stride, outputs);
    const area = kernel * kernel;
    const ohwi = Array.from({ length: outputs * area * inputs }, (_, i) => {
      const [o, tap, channel] = [
        Math.floor(i / (area * inputs)),
        Math.floor(i / inputs) % area,
        i % inputs,
      ];
      return weights[(channel * outputs + o) * area + tap] as number;
    });
    this.#builder.operator(
      'TRANSPOSE_CONV',
      [
        this.#ints([1, to.edge, to.edge, outputs]),
        this.#floats([outputs, kernel, kernel, inputs], ohwi),
        from.tensor,
        this.#floats([outputs], bias),
      ],
      to.tensor,
      { bytes: { 0: Padding.same }, ints: { 1: stride, 2: stride } },
    );
    return to;
  }

  #activate(from: Value, activation: Activation): Value {
    const b = this.#builder;
    const to = this.#make(from.edge, from.channels);
    switch (activation.kind) {
      case 'relu':
        b.operator('RELU', [from.tensor], to.tensor);
        break;
      case 'tanh':
        b.operator('TANH', [from.tensor], to.tensor);
        break;
      case 'sigmoid':
        b.operator('LOGISTIC', [from.tensor], to.tensor);
        break;
      case 'silu': {
        const gate = this.#make(from.edge, from.channels);
        b.operator('LOGISTIC', [from.tensor], gate.tensor);
        b.operator('MUL', [from.tensor, gate.tensor], to.tensor);
        break;
      }
      case 'leaky':
        b.operator('LEAKY_RELU', [from.tensor], to.tensor, { floats: { 0: activation.slope } });
        break;
      case 'prelu': {
        const { slopes } = activation;
        const alpha = this.#floats([1, 1, slopes.length], slopes);
        b.operator('PRELU', [from.tensor, alpha], to.tensor);
        break;
      }
    }
    return to;
  }
}

/** The bytes of a file for pictures of `edge` x `edge` pixels, RGB in [0, 1], NHWC. */
export const planToTflite = (plan: Plan, edge: number): Uint8Array<ArrayBuffer> =>
  new TflitePlanWriter().write(plan, edge);
