// Quantization as ONNX files carry it: QuantizeLinear and DequantizeLinear around floating operators.
import { type OnnxBuilder, type Quantization, type TensorData, tensor } from './onnx-builder.ts';
import type { FloatImage } from './onnxruntime.ts';
import type { Random } from './random.ts';

export interface Range {
  low: number;
  high: number;
}

/** What a quantizer may choose from; drawn once per network. */
export interface QuantizationStyle {
  activations: 'int8' | 'uint8' | 'mixed';
  /** Zero points of signed activations are 0. */
  symmetric: boolean;
  /**
   * Scales are powers of two: floating-point sums are exact in any order, and so are the many ties.
   */
  powersOfTwo: boolean;
  perChannel: boolean;
  /** `full` is 8 bits with the code -128. */
  weights: '7 bits' | '8 bits' | 'full';
  /** The zero point that the file's weight codes have. */
  weightCodes: 'int8' | 'int8 with an offset' | 'uint8';
  floatBias: boolean;
}

export function randomStyle(random: Random): QuantizationStyle {
  const powersOfTwo = random.next() < 0.25;
  return {
    activations: random.pick(['int8', 'uint8', 'mixed'] as const),
    symmetric: random.next() < 0.2,
    powersOfTwo,
    perChannel: random.next() < 0.7,
    weights: random.pick(['7 bits', '8 bits', 'full'] as const),
    weightCodes: random.pick(['int8', 'int8', 'int8 with an offset', 'uint8'] as const),
    // A bias off the grid of the sums would not be exact.
    floatBias: !powersOfTwo && random.next() < 0.2,
  };
}

/** Where a network is quantized. Two passes over the same network use it: see below. */
export interface Quantizer {
  /** Puts values into 8 bits that all have the same parameters. Returns the new names. */
  group(names: string[]): string[];
  /** A value whose range is known beforehand. */
  known(name: string, range: Range): string;
  /** Tells that `to` holds nothing but values of `from`. */
  moved(from: string, to: string): void;
  /** A convolution's weights, and its bias for the input `input`. */
  weights(input: string, weights: TensorData, bias: TensorData): [string, string];
}

/** The first pass: leaves the network floating, and remembers whose ranges it must know. */
export class RangeRecorder implements Quantizer {
  /** The names of each group. */
  readonly groups: string[][] = [];

  constructor(private readonly builder: OnnxBuilder) {}

  group(names: string[]): string[] {
    this.groups.push(names);
    return names;
  }

  known(name: string): string {
    return name;
  }

  moved(): void {}

  weights(_input: string, weights: TensorData, bias: TensorData): [string, string] {
    return [this.builder.constant(weights), this.builder.constant(bias)];
  }
}

/** The range of each group, from a run with every recorded value as an output. */
export function groupRanges(groups: string[][], values: Map<string, FloatImage>): Range[] {
  return groups.map((names) => {
    const range: Range = { low: 0, high: 1e-3 };
    for (const name of names) {
      for (const value of (values.get(name) as FloatImage).data) {
        range.low = Math.min(range.low, value);
        range.high = Math.max(range.high, value);
      }
    }
    return range;
  });
}

/** The next power of two that is not smaller. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** Rounds half to even, as QuantizeLinear does. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The second pass: writes the pairs of operators, with parameters that fit the recorded ranges. */
export class QdqWriter implements Quantizer {
  readonly #known = new Map<string, Quantization>();
  #next = 0;

  constructor(
    private readonly builder: OnnxBuilder,
    private readonly random: Random,
    private readonly style: QuantizationStyle,
    private readonly ranges: Range[],
  ) {}

  group(names: string[]): string[] {
    const range = this.ranges[this.#next++] as Range;
    // Less than 1 clips the outermost values, as quantizers do.
    const fill = this.random.pick([0.8, 0.95, 1, 1.1]);
    const quantization = this.#choose({ low: range.low * fill, high: range.high * fill });
    return names.map((name) => this.#quantize(name, quantization));
  }

  known(name: string, range: Range): string {
    const step = (range.high - range.low) / 255;
    const scale = this.style.powersOfTwo ? powerOfTwo(step / 2) : Math.fround(step);
    const exact = { scale, zeroPoint: Math.round(-range.low / scale) };
    const representable = exact.zeroPoint >= 0 && exact.zeroPoint <= 255;
    return this.#quantize(name, representable ? exact : this.#choose(range));
  }

  moved(from: string, to: string): void {
    const quantization = this.#known.get(from);
    if (quantization) this.#known.set(to, quantization);
  }

  weights(input: string, weights: TensorData, bias: TensorData): [string, string] {
    const scales = this.#weightScales(weights);
    const { codes, offset } = this.#weightCodes(weights, scales);
    const zeroPoints = Array<number>(scales.length).fill(offset);
    const type = this.style.weightCodes === 'uint8' ? 'uint8' : 'int8';
    const shape = scales.length > 1 ? [scales.length] : [];
    const dequantized = this.builder.node(
      'DequantizeLinear',
      [
        { shape: weights.shape, type, values: codes },
        tensor(shape, scales),
        { shape, type, values: zeroPoints },
      ],
      { axis: 0 },
    );
    const inputScale = this.#known.get(input)?.scale;
    if (inputScale === undefined || this.style.floatBias) {
      return [dequantized, this.builder.constant(bias)];
    }
    const biasScales = scales.map((scale) => Math.fround(scale * inputScale));
    const biasCodes = bias.values.map((value, c) => {
      const code = Math.round(value / (biasScales[c % scales.length] as number));
      return clamp(code, -(2 ** 31), 2 ** 31 - 1);
    });
    return [dequantized, this.builder.quantizedBias(biasCodes, biasScales)];
  }

  #weightScales({ shape, values }: TensorData): number[] {
    const rows = this.style.perChannel ? (shape[0] as number) : 1;
    const length = values.length / rows;
    return Array.from({ length: rows }, (_, row) => {
      const own = values.slice(row * length, (row + 1) * length);
      const largest = Math.max(1e-4, ...own.map(Math.abs));
      const negative = Math.max(largest / 4, -Math.min(...own));
      const scale = { '7 bits': largest / 63, '8 bits': largest / 127, full: negative / 128 };
      const chosen = scale[this.style.weights];
      return Math.fround(this.style.powersOfTwo ? powerOfTwo(chosen) : chosen);
    });
  }

  #weightCodes({ values }: TensorData, scales: number[]): { codes: number[]; offset: number } {
    const [low, high] = { '7 bits': [-64, 63], '8 bits': [-127, 127], full: [-128, 127] }[
      this.style.weights
    ] as [number, number];
    const offset = { int8: 0, 'int8 with an offset': 3, uint8: 128 }[this.style.weightCodes];
    // The offset must leave every stored code inside the type.
    const room = this.style.weightCodes === 'int8 with an offset' ? offset : 0;
    const length = values.length / scales.length;
    const codes = Array.from(values, (value, i) => {
      const code = Math.round(value / (scales[Math.floor(i / length)] as number));
      return clamp(code, low, high - room) + offset;
    });
    return { codes, offset };
  }

  #choose({ low, high }: Range): Quantization {
    const { activations, symmetric, powersOfTwo } = this.style;
    const type =
      activations === 'mixed' ? this.random.pick(['int8', 'uint8'] as const) : activations;
    const isSymmetric = symmetric && type === 'int8';
    const exact = isSymmetric ? Math.max(-low, high) / 127 : (high - low) / 255;
    const scale = Math.fround(powersOfTwo ? powerOfTwo(exact) : exact);
    if (isSymmetric) return { scale, zeroPoint: 0, type };
    const lowest = type === 'int8' ? -128 : 0;
    const zeroPoint = clamp(roundToEven(lowest - low / scale), lowest, lowest + 255);
    return { scale, zeroPoint, type };
  }

  #quantize(name: string, quantization: Quantization): string {
    const output = this.builder.quantizeDequantize(name, quantization);
    this.#known.set(output, quantization);
    return output;
  }
}
