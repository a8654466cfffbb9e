// A float network as a list of steps, from which files for several runtimes are written, so that all
// of them hold the same numbers.

import { Random } from '../../../../tests/web/support/random.ts';

export type Activation =
  | { kind: 'relu' | 'silu' | 'tanh' | 'sigmoid' }
  | { kind: 'leaky'; slope: number }
  | { kind: 'prelu'; slopes: number[] };

export interface ConvStep {
  op: 'conv';
  input: number;
  kernel: number;
  stride: number;
  /** Zeros around the picture keep its extent, or there are none. */
  padding: 'same' | 'valid';
  inputs: number;
  outputs: number;
  /** Output channel, input channel, row, column. */
  weights: number[];
  bias: number[];
  /** Blocks of so many pixels are made of channels afterwards, in the order of ONNX's CRD. */
  shuffle: number;
}

export interface TransposedConvStep {
  op: 'transposed';
  input: number;
  kernel: number;
  /** Pixels of the result per pixel; (kernel - stride) / 2 are cut off at each edge. */
  stride: number;
  inputs: number;
  outputs: number;
  /** Input channel, output channel, row, column. */
  weights: number[];
  bias: number[];
}

/** Step `i` makes value `i + 1`; value 0 is the picture, RGB in [0, 1]. */
export type Step =
  | ConvStep
  | TransposedConvStep
  | { op: 'activate'; input: number; activation: Activation }
  | { op: 'add' | 'multiply'; inputs: [number, number] }
  | { op: 'addConstant' | 'multiplyConstant'; input: number; constant: number }
  | { op: 'concat'; inputs: number[] }
  | { op: 'enlarge'; input: number; factor: number }
  | { op: 'maxPool'; input: number; kernel: number; stride: number }
  /** Bilinear, to the extent of another value. */
  | { op: 'resizeLike'; input: number; like: number };

export interface Plan {
  steps: Step[];
  scale: number;
  /** Of all convolutions, per input pixel. */
  multiplicationsPerPixel: number;
}

interface ConvOptions {
  kernel?: number;
  stride?: number;
  padding?: 'same' | 'valid';
  shuffle?: number;
  /** Mean square of the result in relation to the input's; about 2 makes up for a ReLU. */
  gain?: number;
  bias?: number;
}

/** Channels of a value, and its extent in relation to the picture's. */
interface Shape {
  channels: number;
  magnification: number;
}

/** Draws a network step by step; values are numbers. */
export class Planner {
  readonly #random: Random;
  readonly #steps: Step[] = [];
  readonly #shapes: Shape[] = [{ channels: 3, magnification: 1 }];
  #multiplications = 0;

  /** The picture. */
  readonly picture = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  conv(input: number, outputs: number, options: ConvOptions = {}): number {
    const { kernel = 3, stride = 1, padding = 'same', shuffle = 1, gain = 1, bias } = options;
    const { channels, magnification } = this.#shape(input);
    const taps = kernel * kernel * channels;
    const extent = magnification / stride;
    this.#multiplications += taps * outputs * extent ** 2;
    const step: ConvStep = {
      ...{ op: 'conv', input, kernel, stride, padding, inputs: channels, outputs, shuffle },
      weights: this.#weights(taps * outputs, Math.sqrt(gain / taps)),
      bias: this.#bias(outputs, bias),
    };
    return this.#emit(step, { channels: outputs / shuffle ** 2, magnification: extent * shuffle });
  }

  transposed(input: number, outputs: number, kernel: number, stride: number, gain = 1): number {
    const { channels, magnification } = this.#shape(input);
    const weights = kernel * kernel * channels * outputs;
    this.#multiplications += weights * magnification ** 2;
    const taps = (kernel / stride) ** 2 * channels;
    const step: TransposedConvStep = {
      ...{ op: 'transposed', input, kernel, stride, inputs: channels, outputs },
      weights: this.#weights(weights, Math.sqrt(gain / taps)),
      bias: this.#bias(outputs, 0.5),
    };
    return this.#emit(step, { channels: outputs, magnification: magnification * stride });
  }

  activate(input: number, activation: Activation | 'prelu'): number {
    const shape = this.#shape(input);
    const slopes = () =>
      Array.from({ length: shape.channels }, () => 0.1 + 0.2 * this.#random.next());
    const chosen: Activation =
      activation === 'prelu' ? { kind: 'prelu', slopes: slopes() } : activation;
    return this.#emit({ op: 'activate', input, activation: chosen }, shape);
  }

  add(a: number, b: number): number {
    return this.#emit({ op: 'add', inputs: [a, b] }, this.#shape(a));
  }

  multiply(a: number, b: number): number {
    return this.#emit({ op: 'multiply', inputs: [a, b] }, this.#shape(a));
  }

  addConstant(input: number, constant: number): number {
    return this.#emit({ op: 'addConstant', input, constant }, this.#shape(input));
  }

  multiplyConstant(input: number, constant: number): number {
    return this.#emit({ op: 'multiplyConstant', input, constant }, this.#shape(input));
  }

  concat(...inputs: number[]): number {
    const channels = inputs.reduce((sum, each) => sum + this.#shape(each).channels, 0);
    const { magnification } = this.#shape(inputs[0] as number);
    return this.#emit({ op: 'concat', inputs }, { channels, magnification });
  }

  enlarge(input: number, factor: number): number {
    const { channels, magnification } = this.#shape(input);
    const shape = { channels, magnification: magnification * factor };
    return this.#emit({ op: 'enlarge', input, factor }, shape);
  }

  maxPool(input: number, kernel: number, stride: number): number {
    const { channels, magnification } = this.#shape(input);
    const shape = { channels, magnification: magnification / stride };
    return this.#emit({ op: 'maxPool', input, kernel, stride }, shape);
  }

  resizeLike(input: number, like: number): number {
    const { channels } = this.#shape(input);
    const { magnification } = this.#shape(like);
    return this.#emit({ op: 'resizeLike', input, like }, { channels, magnification });
  }

  /** The last value is the result. */
  finish(): Plan {
    const { channels, magnification } = this.#shapes.at(-1) as Shape;
    if (channels !== 3) throw new RangeError(`the result has ${channels} channels`);
    const multiplicationsPerPixel = Math.round(this.#multiplications);
    return { steps: this.#steps, scale: magnification, multiplicationsPerPixel };
  }

  #shape(value: number): Shape {
    const found = this.#shapes[value];
    if (found === undefined) throw new RangeError(`there is no value ${value}`);
    return found;
  }

  #emit(step: Step, shape: Shape): number {
    this.#steps.push(step);
    return this.#shapes.push(shape) - 1;
  }

  /** Bell-shaped: the sum of three even ones has the variance of one times three. */
  #weights(count: number, deviation: number): number[] {
    const one = () => this.#random.next() * 2 - 1;
    return Array.from({ length: count }, () => (one() + one() + one()) * deviation);
  }

  #bias(count: number, middle = 0): number[] {
    return Array.from({ length: count }, () => middle + 0.02 * (this.#random.next() * 2 - 1));
  }
}
