// What a quantized file means, without rounding where the file does not round: sums of codes in
// whole numbers, everything else in float64.

import type { Activation, ConvLayer, Layer, Network } from '../../../bench/web/networks/layers.ts';

/** Channels one after another; the numbers meant are units * unit. */
interface Planes {
  units: Float64Array;
  unit: number;
  channels: number;
  height: number;
  width: number;
}

export interface Picture {
  /** RGBA bytes. */
  data: Uint8Array;
  width: number;
  height: number;
}

function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function activate(activation: Activation, channel: number, x: number): number {
  if (x >= 0 || activation.kind === 'none') return x;
  if (activation.kind === 'relu') return 0;
  return (
    x * (activation.kind === 'prelu' ? (activation.slopes[channel] as number) : activation.slope)
  );
}

/** Adds the products of one kernel tap, shifted by it, for one pair of channels. */
function addTap(
  sums: Float64Array,
  x: Planes,
  input: number,
  weight: number,
  dy: number,
  dx: number,
) {
  const { height, width, units } = x;
  const plane = input * height * width;
  for (let row = Math.max(0, -dy); row < Math.min(height, height - dy); row++) {
    const from = plane + (row + dy) * width + dx;
    const to = row * width;
    for (let column = Math.max(0, -dx); column < Math.min(width, width - dx); column++) {
      sums[to + column] = (sums[to + column] as number) + weight * (units[from + column] as number);
    }
  }
}

function convolve(layer: ConvLayer, x: Planes): Planes {
  const { kernel, inputs, outputs, weights } = layer;
  const area = x.height * x.width;
  const units = new Float64Array(outputs * area);
  const reach = (kernel - 1) / 2;
  for (let o = 0; o < outputs; o++) {
    const sums = new Float64Array(area);
    for (let tap = 0; tap < inputs * kernel ** 2; tap++) {
      const input = Math.floor(tap / kernel ** 2);
      const dy = (Math.floor(tap / kernel) % kernel) - reach;
      const weight = weights[o * inputs * kernel ** 2 + tap] as number;
      if (weight !== 0) addTap(sums, x, input, weight, dy, (tap % kernel) - reach);
    }
    const scale = x.unit * (layer.weightScales[o] as number);
    const bias = (layer.bias[o] as number) * (layer.biasScales[o] as number);
    for (let i = 0; i < area; i++) {
      units[o * area + i] = activate(layer.activation, o, (sums[i] as number) * scale + bias);
    }
  }
  return { ...x, units, unit: 1, channels: outputs };
}

/** Another arrangement: `from` tells where each element of the result comes from. */
function rearrange(
  x: Planes,
  shape: Pick<Planes, 'channels' | 'height' | 'width'>,
  from: (channel: number, row: number, column: number) => [number, number, number],
): Planes {
  const { channels, height, width } = shape;
  const units = new Float64Array(channels * height * width);
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [fromChannel, fromRow, fromColumn] = from(c, row, column);
        units[to++] = x.units[(fromChannel * x.height + fromRow) * x.width + fromColumn] as number;
      }
    }
  }
  return { units, unit: x.unit, ...shape };
}

function shuffle(x: Planes, factor: number): Planes {
  const shape = {
    channels: x.channels / factor ** 2,
    height: x.height * factor,
    width: x.width * factor,
  };
  return rearrange(x, shape, (c, row, column) => [
    c * factor ** 2 + (row % factor) * factor + (column % factor),
    Math.floor(row / factor),
    Math.floor(column / factor),
  ]);
}

function enlarge(x: Planes, factor: number): Planes {
  const shape = { channels: x.channels, height: x.height * factor, width: x.width * factor };
  return rearrange(x, shape, (c, row, column) => [
    c,
    Math.floor(row / factor),
    Math.floor(column / factor),
  ]);
}

function add(a: Planes, b: Planes): Planes {
  const units = a.units.map((value, i) => value * a.unit + (b.units[i] as number) * b.unit);
  return { ...a, units, unit: 1 };
}

function run(layer: Layer, input: (from: number) => Planes): Planes {
  switch (layer.op) {
    case 'conv':
      return convolve(layer, input(layer.input));
    case 'shuffle':
      return shuffle(input(layer.input), layer.factor);
    case 'enlarge':
      return enlarge(input(layer.input), layer.factor);
    case 'add':
      return add(input(layer.inputs[0]), input(layer.inputs[1]));
  }
}

/** The result as bytes, channels one after another. */
export function runExactly(network: Network, { data, width, height }: Picture): Uint8Array {
  const pixels = width * height;
  const picture = Float64Array.from(
    { length: 3 * pixels },
    (_, i) => data[4 * (i % pixels) + Math.floor(i / pixels)] as number,
  );
  const tensors: Planes[] = [{ units: picture, unit: 1 / 255, channels: 3, height, width }];
  network.layers.forEach((layer, index) => {
    const made = run(layer, (from) => tensors[from] as Planes);
    const codes = network.tensors[index + 1]?.codes;
    if (codes !== undefined && layer.op === 'conv') {
      const { scale, zeroPoint } = codes;
      made.units = made.units.map(
        (x) => Math.min(Math.max(roundHalfToEven(x / scale) + zeroPoint, 0), 255) - zeroPoint,
      );
      made.unit = scale;
    }
    tensors.push(made);
  });
  const { units, unit } = tensors.at(-1) as Planes;
  return Uint8Array.from(units, (x) => Math.min(Math.max(roundHalfToEven(x * unit * 255), 0), 255));
}
