// The int8 engine's arithmetic as src/kernels/conv.h states it, and how far it is from that of real
// numbers: sums of codes are whole numbers, each is multiplied once by a float32 and that product,
// a float32 too, is rounded to a code.

import type { ConvLayer, Network } from '../../../bench/web/networks/layers.ts';

export interface Picture {
  /** RGBA bytes. */
  data: Uint8Array;
  width: number;
  height: number;
}

/** Channels one after another: scale * number, or scale * byte / 255 for the picture. */
interface Planes {
  numbers: Int32Array;
  scale: number;
  height: number;
  width: number;
}

export interface EngineResult {
  /** RGB bytes, planes one after another. */
  bytes: Uint8Array;
  /** Codes of all layers but the last. */
  codes: number;
  /** Those of them that exact arithmetic on the same inputs rounds to another code. */
  moved: number;
  /** The most that one of them moved. */
  furthest: number;
}

/** What another engine's codes are beside ours, each layer computed from the other's of the layer before. */
export interface PeerResult {
  /** Ours, of the last layer: RGB, planes one after another. */
  bytes: Uint8Array;
  /** Codes of all layers but the last. */
  codes: number;
  /** Those of them that are not the other engine's. */
  apart: number;
  /** The most that one of them is away from it. */
  furthest: number;
}

function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

/**
 * Adds the products of one kernel tap, shifted by it, for one pair of channels. Sums stay far below 2^31, as
 * the engine's own do.
 */
function addTap(
  sums: Int32Array,
  x: Planes,
  input: number,
  weight: number,
  dy: number,
  dx: number,
) {
  const { height, width, numbers } = x;
  const plane = input * height * width;
  const first = Math.max(0, -dx);
  const end = Math.min(width, width - dx);
  const bottom = Math.min(height, height - dy);
  for (let row = Math.max(0, -dy); row < bottom; row++) {
    const shift = plane + (row + dy) * width + dx - row * width;
    for (let at = row * width + first; at < row * width + end; at++) {
      sums[at] = ((sums[at] as number) + Math.imul(weight, numbers[at + shift] as number)) | 0;
    }
  }
}

/** The sums of an output channel with its bias: whole numbers. */
function sumsOf(layer: ConvLayer, x: Planes, output: number): Int32Array {
  const { kernel, inputs, weights, bias } = layer;
  const sums = new Int32Array(x.height * x.width).fill(bias[output] as number);
  const reach = (kernel - 1) / 2;
  const taps = kernel ** 2;
  for (let i = 0; i < inputs * taps; i++) {
    const weight = weights[output * inputs * taps + i] as number;
    if (weight === 0) continue;
    const dy = (Math.floor(i / kernel) % kernel) - reach;
    addTap(sums, x, Math.floor(i / taps), weight, dy, (i % kernel) - reach);
  }
  return sums;
}

/** What sums are multiplied by, in units of `scale`: where they are at least 0, and below. */
function multipliersOf(layer: ConvLayer, input: Planes, output: number, scale: number) {
  const multiplier = (input.scale * (layer.weightScales[output] as number)) / scale;
  const { activation } = layer;
  switch (activation.kind) {
    case 'none':
      return [multiplier, multiplier] as const;
    case 'relu':
      return [multiplier, 0] as const;
    case 'leaky':
      return [multiplier, multiplier * activation.slope] as const;
    case 'prelu':
      return [multiplier, multiplier * (activation.slopes[output] as number)] as const;
  }
}

class EngineArithmetic {
  readonly #network: Network;
  readonly #picture: Planes;
  readonly #next: (layer: number, ours: Planes) => Planes;
  #codes = 0;
  #moved = 0;
  #furthest = 0;

  /** `next` gives what the layer after the one of this number, counted from 0, reads. */
  constructor(
    network: Network,
    { data, width, height }: Picture,
    next = (_: number, ours: Planes) => ours,
  ) {
    this.#network = network;
    this.#next = next;
    const area = width * height;
    const at = (i: number) => data[4 * (i % area) + Math.floor(i / area)] as number;
    const numbers = Int32Array.from({ length: 3 * area }, (_, i) => at(i));
    this.#picture = { numbers, scale: Math.fround(1 / 255), height, width };
  }

  run(): EngineResult {
    const { layers, tensors } = this.#network;
    const last = layers.map(({ op }) => op).lastIndexOf('conv');
    let x = this.#picture;
    let tensor = 0;
    let count = 0;
    for (const [index, layer] of layers.slice(0, last).entries()) {
      const codes = tensors[index + 1]?.codes;
      if (layer.op === 'enlarge') continue;
      if (layer.op !== 'conv' || codes === undefined || layer.input !== tensor) {
        throw new TypeError('not a chain of layers');
      }
      tensor = index + 1;
      x = this.#next(count++, this.#toCodes(layer, x, codes.scale, codes.zeroPoint));
    }
    const bytes = this.#toBytes(layers[last] as ConvLayer, x);
    return { bytes, codes: this.#codes, moved: this.#moved, furthest: this.#furthest };
  }

  #toCodes(layer: ConvLayer, x: Planes, scale: number, zeroPoint: number): Planes {
    const area = x.height * x.width;
    const numbers = new Int32Array(layer.outputs * area);
    const code = (value: number) => clamp(roundHalfToEven(value), -zeroPoint, 255 - zeroPoint);
    for (let output = 0; output < layer.outputs; output++) {
      const [exact, exactBelow] = multipliersOf(layer, x, output, scale);
      const [float, floatBelow] = [Math.fround(exact), Math.fround(exactBelow)];
      for (const [i, sum] of sumsOf(layer, x, output).entries()) {
        const ours = code(Math.fround(sum * (sum < 0 ? floatBelow : float)));
        const distance = Math.abs(ours - code(sum * (sum < 0 ? exactBelow : exact)));
        numbers[output * area + i] = ours;
        if (distance > 0) this.#moved++;
        this.#furthest = Math.max(this.#furthest, distance);
      }
    }
    this.#codes += numbers.length;
    return { ...x, numbers, scale };
  }

  /** The last layer: to the picture's bytes, enlarged to the nearest, its results are added. */
  #toBytes(layer: ConvLayer, x: Planes): Uint8Array {
    const { scale } = this.#network;
    const { width, height } = x;
    const bytes = new Uint8Array(3 * width * height * scale ** 2);
    for (let output = 0; output < layer.outputs; output++) {
      const channel = Math.floor(output / scale ** 2);
      const [dy, dx] = [Math.floor(output / scale) % scale, output % scale];
      const [exact] = multipliersOf(layer, x, output, this.#picture.scale);
      const multiplier = Math.fround(exact);
      for (const [i, sum] of sumsOf(layer, x, output).entries()) {
        const base = this.#picture.numbers[channel * width * height + i] as number;
        const value = Math.fround(Math.fround(sum * multiplier) + base);
        const row = channel * height * scale + Math.floor(i / width) * scale + dy;
        bytes[row * width * scale + (i % width) * scale + dx] = clamp(
          roundHalfToEven(value),
          0,
          255,
        );
      }
    }
    return bytes;
  }
}

/**
 * Runs a chain of convolutions whose result is added to the nearest enlargement of the picture: what
 * models/train makes.
 *
 * @throws TypeError for other networks
 */
export function runAsEngine(network: Network, picture: Picture): EngineResult {
  return new EngineArithmetic(network, picture).run();
}

/**
 * The same beside another engine, layer by layer. `values` are that engine's tensors, one per layer
 * but the last: real numbers, channels one after another.
 *
 * Results of whole networks would say less: how far one code's difference spreads is a matter of
 * the network, and grows with its depth.
 */
export function runBesidePeer(
  network: Network,
  picture: Picture,
  values: readonly Float32Array[],
): PeerResult {
  let apart = 0;
  let furthest = 0;
  const compare = (layer: number, ours: Planes): Planes => {
    const theirs = Int32Array.from(values[layer] as Float32Array, (value) =>
      Math.round(value / ours.scale),
    );
    for (const [i, code] of ours.numbers.entries()) {
      const distance = Math.abs(code - (theirs[i] as number));
      if (distance > 0) apart++;
      furthest = Math.max(furthest, distance);
    }
    return { ...ours, numbers: theirs };
  };
  const { bytes, codes } = new EngineArithmetic(network, picture, compare).run();
  return { bytes, codes, apart, furthest };
}
