// ONNX Runtime as the reference: its WebAssembly build, in Node.
import * as ort from 'onnxruntime-web';
import { fromHalf, toHalf } from '../../../web/src/convert/half.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export interface FloatImage {
  /** Channels, height, width; batch 1. */
  shape: [channels: number, height: number, width: number];
  /** NCHW order. */
  data: Float32Array;
}

/** Samples as a tensor of single or half precision. */
function toTensor(data: Float32Array, shape: number[], half: boolean): ort.Tensor {
  if (!half) return new ort.Tensor('float32', data, shape);
  return new ort.Tensor('float16', Uint16Array.from(data, toHalf), shape);
}

function toFloats({ type, data }: ort.Tensor): Float32Array {
  if (type !== 'float16') return data as Float32Array;
  // Where the host has an array of halves, the runtime returns that.
  if (!(data instanceof Uint16Array)) return Float32Array.from(data as unknown as number[]);
  return Float32Array.from(data, fromHalf);
}

export interface ReferenceOptions {
  /** Whether pictures have their channels last. */
  nhwc?: boolean;
  optimize?: boolean;
  half?: boolean;
  /** Files that hold weights, by name. */
  externalData?: Readonly<Record<string, Uint8Array>>;
  /** Values of inputs beside the picture. */
  inputs?: Readonly<Record<string, number>> | undefined;
}

/**
 * Runs a network on an NCHW (or, with `nhwc`, NHWC) image; its first output is what
 * comes back. Without `optimize` every node is computed as ONNX defines it, in the order of the file.
 */
export async function runReference(
  model: Uint8Array,
  image: FloatImage,
  { nhwc = false, optimize = true, half = false, externalData, inputs }: ReferenceOptions = {},
): Promise<FloatImage> {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    externalData: Object.entries(externalData ?? {}).map(([path, data]) => ({ path, data })),
  });
  try {
    const [channels, height, width] = image.shape;
    const input = nhwc
      ? toTensor(toNhwc(image), [1, height, width, channels], half)
      : toTensor(image.data, [1, channels, height, width], half);
    const numbers = Object.entries(inputs ?? {}).map(
      ([name, value]) => [name, toTensor(Float32Array.of(value), [1], half)] as const,
    );
    const feeds = { [session.inputNames[0] as string]: input, ...Object.fromEntries(numbers) };
    const results = await session.run(feeds);
    const output = results[session.outputNames[0] as string] as ort.Tensor;
    const [, a, b, c] = output.dims as [number, number, number, number];
    const data = toFloats(output);
    return nhwc ? fromNhwc(data, a, b, c) : { shape: [a, b, c], data };
  } finally {
    await session.release();
  }
}

/** Runs an NCHW network of many outputs; they come in the file's order. */
export async function runAllOutputs(model: Uint8Array, image: FloatImage): Promise<FloatImage[]> {
  const session = await ort.InferenceSession.create(model);
  try {
    const input = new ort.Tensor('float32', image.data, [1, ...image.shape]);
    const results = await session.run({ [session.inputNames[0] as string]: input });
    return session.outputNames.map((name) => {
      const { dims, data } = results[name] as ort.Tensor;
      const [, channels, height, width] = dims as [number, number, number, number];
      return { shape: [channels, height, width], data: data as Float32Array };
    });
  } finally {
    await session.release();
  }
}

/** Reorders channels-first samples to channels-last. */
export function toNhwc({ shape: [channels, height, width], data }: FloatImage): Float32Array {
  const pixels = height * width;
  const nhwc = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) nhwc[i * channels + c] = data[c * pixels + i] as number;
  }
  return nhwc;
}

/** Reorders channels-last samples to channels-first. */
export function fromNhwc(
  data: Float32Array,
  height: number,
  width: number,
  channels: number,
): FloatImage {
  const pixels = height * width;
  const nchw = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) nchw[c * pixels + i] = data[i * channels + c] as number;
  }
  return { shape: [channels, height, width], data: nchw };
}
