// Networks as TensorFlow Lite files, for LiteRT.js.

import {
  type ConvLayer,
  inDepthColumnRowOrder,
  type Layer,
  type Network,
  realBias,
  realWeights,
  toOhwi,
} from './layers.ts';
import { Fused, TfliteBuilder } from './tflite-builder.ts';

/**
 * `float`; `int8` from the first to the last layer; or the same with PReLU computed in float between
 * a dequantization and a quantization, for which XNNPACK has faster operators.
 */
export type TfliteKind = 'float' | 'int8' | 'int8-fprelu';

/** Least and greatest value of what the file of the network does not round, by name. */
export type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

/** What the codes of a tensor stand for; TensorFlow Lite has int8 ones. */
interface Int8Codes {
  scales: [number];
  zeroPoint: number;
}

const BYTE_PICTURE: Int8Codes = { scales: [1 / 255], zeroPoint: -128 };

/** Codes for a range, which is made to contain 0. */
function codesFor([least, greatest]: readonly [number, number]): Int8Codes {
  const [low, high] = [Math.min(least, 0), Math.max(greatest, 0)];
  const scale = Math.max(high - low, 1e-6) / 255;
  return { scales: [scale], zeroPoint: Math.round(-low / scale) - 128 };
}

/** Writes one network for pictures of one size. */
class TfliteWriter {
  readonly #builder = new TfliteBuilder();
  readonly #network: Network;
  readonly #kind: TfliteKind;
  readonly #ranges: Ranges;
  readonly #edge: number;
  /** The builder's number for each tensor of the network. */
  readonly #numbers: number[] = [];

  constructor(network: Network, kind: TfliteKind, edge: number, ranges: Ranges) {
    this.#network = inDepthColumnRowOrder(network);
    this.#kind = kind;
    this.#edge = edge;
    this.#ranges = ranges;
  }

  write(): Uint8Array<ArrayBuffer> {
    const input = this.#builder.tensor({ type: 'float32', shape: this.#shape(0) });
    // The runtime's JavaScript side has no int8 tensors, so pictures go in and out as floats.
    this.#numbers.push(this.#isFloat ? input : this.#quantize(input, 0, this.#codes(0)));
    for (const [i, layer] of this.#network.layers.entries()) {
      this.#numbers.push(this.#layer(layer, i + 1));
    }
    const last = this.#numbers.length - 1;
    const result = this.#numbers[last] as number;
    const output = this.#isFloat ? this.#clamp(result, last) : this.#dequantize(result, last);
    return this.#builder.build(input, output);
  }

  get #isFloat(): boolean {
    return this.#kind === 'float';
  }

  /** The tensor of the result, before its pixels are moved to their places. */
  get #result(): number {
    const last = this.#network.layers.at(-1) as Layer;
    return last.op === 'shuffle' ? last.input : this.#network.layers.length;
  }

  #shape(tensor: number): number[] {
    const { channels, magnification } = this.#network.tensors[tensor] as Network['tensors'][0];
    return [1, this.#edge * magnification, this.#edge * magnification, channels];
  }

  /** Of a tensor after its activation. */
  #codes(tensor: number): Int8Codes {
    // Floats have no codes; no one reads these.
    if (this.#isFloat) return BYTE_PICTURE;
    // Codes of the result that end at 0 and 1 clamp it at no cost.
    if (tensor === 0 || tensor === this.#result) return BYTE_PICTURE;
    const { codes } = this.#network.tensors[tensor] as Network['tensors'][0];
    if (codes) return { scales: [codes.scale], zeroPoint: codes.zeroPoint - 128 };
    return this.#measured(tensor);
  }

  /** Of a tensor that the file does not round: what it was seen to hold. */
  #measured(tensor: number): Int8Codes {
    const layer = this.#network.layers[tensor - 1] as Layer;
    if (layer.op === 'shuffle' || layer.op === 'enlarge') return this.#codes(layer.input);
    const range = layer.op === 'conv' ? this.#ranges.get(layer.name) : undefined;
    if (range === undefined) throw new TypeError(`tensor ${tensor} has neither codes nor a range`);
    return codesFor(range);
  }

  #tensor(tensor: number, codes = this.#codes(tensor), float = this.#isFloat): number {
    const shape = this.#shape(tensor);
    return this.#builder.tensor(
      float ? { type: 'float32', shape } : { type: 'int8', shape, codes },
    );
  }

  #quantize(from: number, tensor: number, codes: Int8Codes): number {
    const to = this.#tensor(tensor, codes);
    this.#builder.operator('QUANTIZE', [from], to);
    return to;
  }

  #dequantize(from: number, tensor: number): number {
    const to = this.#builder.tensor({ type: 'float32', shape: this.#shape(tensor) });
    this.#builder.operator('DEQUANTIZE', [from], to);
    return to;
  }

  #clamp(from: number, tensor: number): number {
    const rectified = this.#tensor(tensor);
    this.#builder.operator('RELU', [from], rectified);
    const one = this.#builder.tensor({ type: 'float32', shape: [], values: [1] });
    const to = this.#tensor(tensor);
    this.#builder.operator('MINIMUM', [rectified, one], to);
    return to;
  }

  #layer(layer: Layer, tensor: number): number {
    const number = (input: number) => this.#numbers[input] as number;
    switch (layer.op) {
      case 'conv':
        return this.#conv(layer, tensor);
      case 'shuffle': {
        const to = this.#tensor(tensor, this.#codes(layer.input));
        const options = { ints: { 0: layer.factor } };
        this.#builder.operator('DEPTH_TO_SPACE', [number(layer.input)], to, options);
        return to;
      }
      case 'enlarge': {
        const to = this.#tensor(tensor, this.#codes(layer.input));
        const [, height, width] = this.#shape(tensor) as [number, number, number];
        const values = [height, width];
        const size = this.#builder.tensor({ type: 'int32', shape: [2], values });
        this.#builder.operator('RESIZE_NEAREST_NEIGHBOR', [number(layer.input), size], to);
        return to;
      }
      case 'add': {
        const to = this.#tensor(tensor);
        this.#builder.operator('ADD', layer.inputs.map(number), to);
        return to;
      }
    }
  }

  #conv(layer: ConvLayer, tensor: number): number {
    const { activation } = layer;
    // Only a rectifier is part of the convolution; the others follow it, and read codes of their own.
    const fused = activation.kind === 'none' || activation.kind === 'relu';
    const codes = fused || this.#isFloat ? this.#codes(tensor) : this.#measured(tensor);
    const sum = this.#tensor(tensor, codes);
    this.#builder.operator(
      'CONV_2D',
      [this.#numbers[layer.input] as number, ...this.#parameters(layer)],
      sum,
      {
        bytes: { 3: activation.kind === 'relu' ? Fused.relu : Fused.none },
        ints: { 1: 1, 2: 1, 4: 1, 5: 1 },
      },
    );
    if (activation.kind === 'leaky') return this.#leaky(sum, tensor, activation.slope);
    if (activation.kind === 'prelu') return this.#prelu(sum, tensor, activation.slopes);
    return sum;
  }

  /** The numbers of weights and bias. */
  #parameters(layer: ConvLayer): [number, number] {
    const shape = [layer.outputs, layer.kernel, layer.kernel, layer.inputs];
    if (this.#isFloat) {
      const values = toOhwi(layer, realWeights(layer));
      const weights = this.#builder.tensor({ type: 'float32', shape, values });
      const bias = { type: 'float32', shape: [layer.outputs], values: realBias(layer) } as const;
      return [weights, this.#builder.tensor(bias)];
    }
    const weights = this.#builder.tensor({
      ...{ type: 'int8', shape, values: toOhwi(layer, layer.weights) },
      codes: { scales: layer.weightScales },
    });
    const bias = this.#builder.tensor({
      ...{ type: 'int32', shape: [layer.outputs], values: layer.bias },
      codes: { scales: layer.biasScales },
    });
    return [weights, bias];
  }

  #leaky(from: number, tensor: number, slope: number): number {
    const to = this.#tensor(tensor);
    this.#builder.operator('LEAKY_RELU', [from], to, { floats: { 0: slope } });
    return to;
  }

  #prelu(from: number, tensor: number, slopes: readonly number[]): number {
    const inFloat = this.#kind !== 'int8';
    const shape = [1, 1, slopes.length];
    const codes = codesFor([Math.min(...slopes), Math.max(...slopes)]);
    const alpha = inFloat
      ? this.#builder.tensor({ type: 'float32', shape, values: slopes })
      : this.#builder.tensor({
          ...{ type: 'int8', shape, codes },
          values: slopes.map((slope) => Math.round(slope / codes.scales[0]) + codes.zeroPoint),
        });
    const input = this.#kind === 'int8-fprelu' ? this.#dequantize(from, tensor) : from;
    const to = this.#tensor(tensor, undefined, inFloat);
    this.#builder.operator('PRELU', [input, alpha], to);
    return this.#kind === 'int8-fprelu' ? this.#quantize(to, tensor, this.#codes(tensor)) : to;
  }
}

/** The bytes of a file for pictures of `edge` x `edge` pixels, RGB in [0, 1], NHWC. */
export function writeTflite(
  network: Network,
  kind: TfliteKind,
  edge: number,
  ranges: Ranges,
): Uint8Array<ArrayBuffer> {
  return new TfliteWriter(network, kind, edge, ranges).write();
}
