// Random super-resolution networks quantized to 8 bits, in the shapes that exporters and our own
// quantizer write. A network is written twice from one seed: first in floating point, to learn the
// ranges of its values in ONNX Runtime, then with quantizers that fit them.
import { OnnxBuilder } from './onnx-builder.ts';
import { runAllOutputs } from './onnxruntime.ts';
import { type ByteEncoding, DEFAULT_ENCODING, randomPicture, toNetwork } from './pixels.ts';
import {
  groupRanges,
  powerOfTwo,
  QdqWriter,
  type QuantizationStyle,
  type Quantizer,
  type Range,
  RangeRecorder,
  randomStyle,
} from './qdq.ts';
import { addBlock } from './quantized-blocks.ts';
import { Sketch } from './quantized-layers.ts';
import { addTail } from './quantized-tails.ts';
import { Random } from './random.ts';

const HEAD_WIDTHS = [5, 8, 12, 16, 28, 33, 48];

export interface QuantizedNetwork {
  file: Uint8Array<ArrayBuffer>;
  scale: number;
  encoding: ByteEncoding;
  /** Every layer is quantized, so that nothing depends on the order of floating-point sums. */
  integer: boolean;
  /** Floating-point sums are exact too: all scales are powers of two. */
  exact: boolean;
  /** Biases are floating, as no exporter writes them: whoever adds up in integers must round them. */
  floatBias: boolean;
  /** Its layers, in order. */
  parts: string[];
  /** The seed, and what the network is made of. */
  description: string;
}

export interface NetworkOptions {
  /** Leaves some layers floating. Default false. */
  islands?: boolean;
}

interface Written {
  sketch: Sketch;
  output: string;
  scale: number;
  /** The output lies in the default range. */
  hasDefaultRange: boolean;
}

/** What a range's bytes and channels become at most. */
function inputRange({ inputRange: [low, high], mean, std }: ByteEncoding): Range {
  const ends = mean.flatMap((m, c) => [low, high].map((end) => (end - m) / (std[c] as number)));
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function randomEncoding(random: Random): ByteEncoding {
  const others: Partial<ByteEncoding>[] = [
    { inputRange: [-1, 1] },
    { mean: [0.45, 0.44, 0.4], std: [0.28, 0.27, 0.29] },
  ];
  return { ...DEFAULT_ENCODING, ...random.pick([{}, {}, {}, ...others]) };
}

interface WriteOptions {
  seed: number;
  random: Random;
  encoding: ByteEncoding;
  islands: boolean;
}

/** Writes the network; the same random numbers give the same layers with any quantizer. */
function write(builder: OnnxBuilder, quantizer: Quantizer, options: WriteOptions): Written {
  const { seed, random, encoding, islands } = options;
  const placement = random.pick(['each', 'chain'] as const);
  const sketch = new Sketch(builder, random, quantizer, { placement, islands });
  const scale = random.pick([1, 2, 2, 3, 4]);
  const quantized = quantizer.known(builder.input, inputRange(encoding));
  let feature = sketch.layer({ name: quantized, channels: 3 }, random.pick(HEAD_WIDTHS), {
    kernel: random.pick([3, 3, 5, 9]),
  });
  // Consecutive seeds meet every kind of block.
  feature = addBlock(sketch, feature, seed);
  for (let more = random.integer(0, 3); more > 0; more--) feature = addBlock(sketch, feature);
  const anchor = random.next() < 0.6;
  const imageLike = anchor && encoding.inputRange[0] === 0 && encoding.mean[0] === 0;
  const { output, clipped } = addTail(sketch, feature, {
    scale,
    image: { raw: builder.input, quantized },
    anchor,
    gain: anchor ? 0.1 : 0.35,
    limits: imageLike ? [0, 1] : [-0.9, 0.9],
  });
  return { sketch, output, scale, hasDefaultRange: imageLike && clipped };
}

/** What the writing of a network starts from, again for each pass. */
function start(seed: number) {
  const random = new Random(seed);
  return { random, builder: new OnnxBuilder({ opset: 20 }), encoding: randomEncoding(random) };
}

/** Runs the floating network and returns the range of each recorded group, and of the output. */
async function measure(
  seed: number,
  islands: boolean,
): Promise<{ ranges: Range[]; output: Range }> {
  const { random, builder, encoding } = start(seed);
  const recorder = new RangeRecorder(builder);
  const { output } = write(builder, recorder, { seed, random, encoding, islands });
  const names = [...new Set([...recorder.groups.flat(), output])];
  const picture = randomPicture(new Random(seed + 0x5eed), 24, 20);
  const images = await runAllOutputs(builder.build(...names), toNetwork(picture, encoding));
  const values = new Map(names.map((name, i) => [name, images[i] as (typeof images)[number]]));
  const ranges = groupRanges([...recorder.groups, [output]], values);
  return { output: ranges.pop() as Range, ranges };
}

/** The network of a seed. */
export async function quantizedNetwork(
  seed: number,
  { islands = false }: NetworkOptions = {},
): Promise<QuantizedNetwork> {
  const { ranges, output: outputRange } = await measure(seed, islands);
  const { random, builder, encoding } = start(seed);
  const choices = new Random(seed ^ 0x51ed270b);
  const style = randomStyle(choices);
  const quantizer = new QdqWriter(builder, choices, style, ranges);
  const written = write(builder, quantizer, { seed, random, encoding, islands });
  if (!written.hasDefaultRange) encoding.outputRange = asEncoded(outputRange, style);
  describeEncoding(builder, encoding);
  const { sketch, output, scale } = written;
  return {
    file: builder.build(output),
    scale,
    encoding,
    integer: !sketch.hasIslands,
    floatBias: style.floatBias,
    exact: !sketch.hasIslands && style.powersOfTwo,
    parts: sketch.parts,
    description: `seed ${seed}: ${JSON.stringify({ ...sketch.style, ...style })} ${sketch.parts.join(' ')}`,
  };
}

/** Where powers of two keep everything exact, the ends of the range are some too. */
function asEncoded({ low, high }: Range, { powersOfTwo }: QuantizationStyle): [number, number] {
  const end = powerOfTwo(Math.max(-low, high));
  return powersOfTwo ? [-end, end] : [low, high];
}

function describeEncoding(builder: OnnxBuilder, encoding: ByteEncoding): void {
  builder.metadata('tessera.input_range', encoding.inputRange.join(','));
  builder.metadata('tessera.output_range', encoding.outputRange.join(','));
  builder.metadata('tessera.mean', encoding.mean.join(','));
  builder.metadata('tessera.std', encoding.std.join(','));
}
