// Networks of well-known shapes with random weights, as float and as int8 (QDQ) files of the same
// weights: what the tile benchmark runs.
//
// Results should be pictures and not noise at the ends of every range: so weights are scaled for
// activations to keep their size, and the 8-bit ranges follow from that size.
import { OnnxBuilder, tensor } from './onnx-builder.ts';
import { Random } from './random.ts';

export type NetworkKind = 'float' | 'int8';

export interface BenchmarkNetwork {
  file: Uint8Array<ArrayBuffer>;
  scale: number;
  /** Of all convolutions, per input pixel. */
  multiplicationsPerPixel: number;
}

/** A tensor on its way through the network. */
interface Feature {
  name: string;
  channels: number;
  /** Its extent in relation to the input's. */
  magnification: number;
  /** What its values squared are on average. */
  meanSquare: number;
  /** Of its 8-bit codes, in int8 networks. */
  codeScale: number;
}

interface ConvOptions {
  outputs: number;
  kernel?: number;
  /** Of negative values: 0 is ReLU, between is PReLU, 1 is no activation. Default 1. */
  slope?: number;
  /** Added to the result. */
  residual?: Feature;
  /** Mean square of the result, before the residual, in relation to the input's. Default 1. */
  gain?: number;
}

// Ranges reach to so many standard deviations: little is clipped, and the codes are put to use.
const DEVIATIONS = 4;
// Weights use 7 bits, as the project's quantizer makes them.
const LARGEST_WEIGHT = 63;

/** Mean square before an activation, for 1 after it. */
const activationLoss = (slope: number) => 2 / (1 + slope * slope);

/** Draws layers; the kind decides how they are written down. */
class NetworkWriter {
  readonly #builder = new OnnxBuilder();
  readonly #random = new Random(7);
  readonly #int8: boolean;
  #multiplicationsPerPixel = 0;

  constructor(kind: NetworkKind) {
    this.#int8 = kind === 'int8';
  }

  /** The RGB input, in [0, 1]. */
  input(): Feature {
    const image = { channels: 3, magnification: 1, meanSquare: 1 / 3 };
    return this.#quantize({ ...image, name: this.#builder.input }, 0, 1);
  }

  /** Convolution, activation, residual; in int8 networks the result is rounded once, at the end. */
  layer(input: Feature, options: ConvOptions): Feature {
    const { slope = 1, residual, gain = 1 } = options;
    let name = this.#activate(this.#convolve(input, options), options.outputs, slope);
    let meanSquare = input.meanSquare * gain;
    let high = DEVIATIONS * Math.sqrt(meanSquare * activationLoss(slope));
    let low = -slope * high;
    if (residual) {
      name = this.#builder.node('Add', [name, residual.name]);
      meanSquare += residual.meanSquare;
      high = DEVIATIONS * Math.sqrt(meanSquare);
      low = -high;
    }
    const { magnification } = input;
    return this.#quantize(
      { name, channels: options.outputs, magnification, meanSquare },
      low,
      high,
    );
  }

  /** A convolution whose result nothing rounds: the network's last. */
  lastConv(input: Feature, options: ConvOptions): Feature {
    return { ...input, name: this.#convolve(input, options), channels: options.outputs };
  }

  /** Depth to space; codes stay what they are. */
  shuffle(input: Feature, factor: number): Feature {
    const attributes = { blocksize: factor, mode: 'CRD' };
    return {
      ...input,
      name: this.#builder.node('DepthToSpace', [input.name], attributes),
      channels: input.channels / factor ** 2,
      magnification: input.magnification * factor,
    };
  }

  /** The sum of the picture, enlarged by nearest neighbour, and of what the network adds to it. */
  addEnlarged(input: Feature, added: Feature): Feature {
    const scales = tensor([4], [1, 1, added.magnification, added.magnification]);
    const enlarged = this.#builder.node('Resize', [input.name, '', scales], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    return { ...added, name: this.#builder.node('Add', [added.name, enlarged]) };
  }

  finish(output: Feature): BenchmarkNetwork {
    const clipped = this.#builder.node('Clip', [output.name, tensor([], [0]), tensor([], [1])]);
    return {
      file: this.#builder.build(clipped),
      scale: output.magnification,
      multiplicationsPerPixel: this.#multiplicationsPerPixel,
    };
  }

  #convolve(input: Feature, options: ConvOptions): string {
    const { outputs, kernel = 3 } = options;
    const fanIn = input.channels * kernel * kernel;
    this.#multiplicationsPerPixel += fanIn * outputs * input.magnification ** 2;
    const pad = (kernel - 1) / 2;
    return this.#builder.node('Conv', [input.name, ...this.#parameters(input, fanIn, options)], {
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
    });
  }

  /** Weights and biases: drawn as codes, so that both kinds compute with the same numbers. */
  #parameters(input: Feature, fanIn: number, { outputs, kernel = 3, ...options }: ConvOptions) {
    const { slope = 1, gain = 1 } = options;
    // He et al.: the variance that makes up for what the activation takes away.
    const largest = Math.sqrt((9 * gain * activationLoss(slope)) / fanIn);
    const random = this.#random;
    // A different scale for each channel, as trained networks have.
    const scales = Array.from({ length: outputs }, () =>
      Math.fround((largest / LARGEST_WEIGHT) * (0.9 + random.next() / 5)),
    );
    const third = () => random.integer(-LARGEST_WEIGHT / 3, LARGEST_WEIGHT / 3);
    // Most of them are small, as in trained networks: their sum has a ninth of the largest
    // square as its variance.
    const weights = Array.from({ length: outputs * fanIn }, () => third() + third() + third());
    const biasScales = scales.map((scale) => Math.fround(scale * input.codeScale));
    const deviation = Math.sqrt(input.meanSquare * gain);
    const biases = biasScales.map((scale) =>
      Math.round(((random.next() - 0.5) * 0.2 * deviation) / scale),
    );
    const shape = [outputs, input.channels, kernel, kernel];
    if (this.#int8) {
      return [
        this.#builder.quantizedWeights({ shape, values: weights, scales }),
        this.#builder.quantizedBias(biases, biasScales),
      ];
    }
    const times = (codes: number[], factors: number[], each: number) =>
      codes.map((code, i) => code * (factors[Math.floor(i / each)] as number));
    return [
      tensor(shape, times(weights, scales, fanIn)),
      tensor([outputs], times(biases, biasScales, 1)),
    ];
  }

  #activate(name: string, channels: number, slope: number): string {
    if (slope === 1) return name;
    if (slope === 0) return this.#builder.node('Relu', [name]);
    const slopes = Array.from({ length: channels }, () => slope * (0.8 + this.#random.next() / 5));
    return this.#builder.node('PRelu', [name, tensor([channels, 1, 1], slopes)]);
  }

  /** Rounds to uint8 codes for [low, high], low <= 0. In float networks the codes do not exist. */
  #quantize(feature: Omit<Feature, 'codeScale'>, low: number, high: number): Feature {
    const scale = Math.fround((high - low) / 255);
    const zeroPoint = Math.round(-low / scale);
    const rounded = () => this.#builder.quantizeDequantize(feature.name, { scale, zeroPoint });
    return { ...feature, name: this.#int8 ? rounded() : feature.name, codeScale: scale };
  }
}

const PRELU = 0.25;

interface PlainOptions {
  width: number;
  /** Layers between the first and the last. */
  depth: number;
  slope: number;
  scale: number;
}

/** 3x3 layers of one width, and depth-to-space at the end. */
function plain(w: NetworkWriter, { width, depth, slope, scale }: PlainOptions) {
  const image = w.input();
  let feature = w.layer(image, { outputs: width, slope });
  for (let i = 0; i < depth; i++) feature = w.layer(feature, { outputs: width, slope });
  const last = w.lastConv(feature, { outputs: 3 * scale * scale, gain: 0.1 });
  return { image, added: w.shuffle(last, scale) };
}

/** 3x3 layers of 32 channels with ReLU, times 2. */
function plain32(w: NetworkWriter): Feature {
  return plain(w, { width: 32, depth: 5, slope: 0, scale: 2 }).added;
}

/** The shipped photo-x2: 3x3 layers of 32 channels with PReLU, added to the picture, times 2. */
function photoX2(w: NetworkWriter): Feature {
  const { image, added } = plain(w, { width: 32, depth: 5, slope: PRELU, scale: 2 });
  return w.addEnlarged(image, added);
}

/** SRVGGNetCompact with 64 channels and num_conv 16, as realesr-animevideov3 has them, times 4. */
function srvgg16(w: NetworkWriter): Feature {
  const { image, added } = plain(w, { width: 64, depth: 16, slope: PRELU, scale: 4 });
  return w.addEnlarged(image, added);
}

/**
 * SRResNet, the generator of SRGAN, with its batch normalisations folded, times 4. The PReLUs that
 * follow depth-to-space there precede it here, where one rounding can follow both.
 */
function srresnet(w: NetworkWriter): Feature {
  const outputs = 64;
  const head = w.layer(w.input(), { outputs, kernel: 9, slope: PRELU });
  let feature = head;
  for (let i = 0; i < 16; i++) {
    const inner = w.layer(feature, { outputs, slope: PRELU });
    // Blocks that add a tenth keep the sum from growing out of bounds.
    feature = w.layer(inner, { outputs, residual: feature, gain: 0.1 });
  }
  feature = w.layer(feature, { outputs, residual: head, gain: 0.5 });
  for (let i = 0; i < 2; i++) {
    feature = w.shuffle(w.layer(feature, { outputs: 4 * outputs, slope: PRELU }), 2);
  }
  return w.lastConv(feature, { outputs: 3, kernel: 9, gain: 0.1 });
}

/**
 * A network that looks far: so many 3x3 layers of one width in pairs with a residual around each,
 * and one around all of them, times 2.
 *
 * @param chain - `layers`: an even number of at least 4
 */
export function residualChain(chain: { width: number; layers: number; kind?: NetworkKind }) {
  const { width, layers, kind = 'int8' } = chain;
  const w = new NetworkWriter(kind);
  const image = w.input();
  const head = w.layer(image, { outputs: width, slope: PRELU });
  let feature = head;
  const pairs = (layers - 2) / 2;
  for (let i = 1; i <= pairs; i++) {
    const inner = w.layer(feature, { outputs: width, slope: PRELU });
    const residual = i === pairs ? head : feature;
    feature = w.layer(inner, { outputs: width, residual, gain: 0.1 });
  }
  const last = w.lastConv(feature, { outputs: 3 * 2 * 2, gain: 0.1 });
  return w.finish(w.addEnlarged(image, w.shuffle(last, 2)));
}

const NETWORKS = { plain32, srvgg16, srresnet, 'photo-x2': photoX2 };

export type BenchmarkNetworkName = keyof typeof NETWORKS;
export const BENCHMARK_NETWORKS = Object.keys(NETWORKS) as BenchmarkNetworkName[];

/** Builds one of {@link BENCHMARK_NETWORKS}; the same bytes each time. */
export function benchmarkNetwork(name: BenchmarkNetworkName, kind: NetworkKind): BenchmarkNetwork {
  const writer = new NetworkWriter(kind);
  return writer.finish(NETWORKS[name](writer));
}
