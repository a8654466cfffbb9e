// The last layers of random quantized networks: from features to an image.
import { tensor } from './onnx-builder.ts';
import type { Feature, Sketch } from './quantized-layers.ts';

export interface TailOptions {
  scale: number;
  /** The network's input, floating, and in 8 bits. */
  image: { raw: string; quantized: string };
  /** Adds the enlarged input. */
  anchor: boolean;
  /** How strong the features' part is. */
  gain: number;
  /** Where a Clip at the end cuts. */
  limits: [low: number, high: number];
}

/** The enlarged image, floating or of the input's quantization. */
function enlargedImage(sketch: Sketch, { scale, image }: TailOptions): string {
  const source = sketch.random.pick([image.raw, image.quantized]);
  return sketch.enlarge(source, scale, sketch.random.pick(['nearest', 'linear'] as const));
}

/** Convolution, sum with copies of the input, shuffle: nearest enlargement without a resize. */
function copiesTail(sketch: Sketch, input: Feature, options: TailOptions): string {
  const copies = options.scale ** 2;
  const deep = sketch.conv(input, 3 * copies, { gain: options.gain });
  const source = sketch.random.pick([options.image.raw, options.image.quantized]);
  const repeated = sketch.node('Concat', Array<string>(copies).fill(source), { axis: 1 });
  const name = sketch.node('Add', [sketch.quantizeBetween(deep.name), repeated]);
  return sketch.shuffle({ name, channels: 3 * copies }, options.scale, 'DCR').name;
}

/** Convolution, shuffle, sum with the enlarged input. */
function shuffleTail(sketch: Sketch, input: Feature, options: TailOptions): string {
  const { scale, gain, anchor } = options;
  const deep = sketch.conv(input, 3 * scale * scale, { gain });
  const mode = sketch.random.pick(['CRD', 'DCR'] as const);
  const name = sketch.quantizeBetween(deep.name);
  const image = sketch.shuffle({ name, channels: deep.channels }, scale, mode).name;
  if (!anchor) return image;
  return sketch.node('Add', [image, enlargedImage(sketch, options)]);
}

/** Enlargement of the features, then the convolution. */
function resizeTail(sketch: Sketch, input: Feature, options: TailOptions): string {
  const { scale, gain, anchor } = options;
  const narrow = sketch.layer(input, 8, { kernel: 1 });
  const mode = sketch.random.pick(['nearest', 'linear'] as const);
  const large = sketch.enlarge(narrow.name, scale, mode);
  const name = mode === 'linear' ? sketch.quantize(large) : large;
  const last = sketch.conv({ name, channels: 8 }, 3, { gain });
  const image = sketch.quantizeBetween(last.name);
  if (!anchor) return image;
  return sketch.node('Add', [enlargedImage(sketch, options), image]);
}

/** From features to the output; tells whether that is clipped to `limits`. */
export function addTail(
  sketch: Sketch,
  input: Feature,
  options: TailOptions,
): { output: string; clipped: boolean } {
  const tails = [shuffleTail, shuffleTail, resizeTail, ...(options.anchor ? [copiesTail] : [])];
  const image = sketch.random.pick(tails)(sketch, input, options);
  const clipped = sketch.random.next() < 0.5;
  if (!clipped) return { output: sketch.quantizeBetween(image), clipped };
  const limits = options.limits.map((limit) => sketch.builder.constant(tensor([], [limit])));
  const output = sketch.quantizeBetween(sketch.node('Clip', [image, ...limits]));
  return { output, clipped };
}
