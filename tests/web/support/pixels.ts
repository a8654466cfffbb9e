// Pictures as bytes, and what networks make of bytes: the conversions at a network's ends, written
// anew for the tests.
import type { FloatImage } from './onnxruntime.ts';
import type { Random } from './random.ts';

export interface Pixels {
  width: number;
  height: number;
  /** RGBA. */
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** The parts of a model's metadata that say how bytes enter and leave. */
export interface ByteEncoding {
  inputRange: [low: number, high: number];
  outputRange: [low: number, high: number];
  mean: [number, number, number];
  std: [number, number, number];
}

export const DEFAULT_ENCODING: ByteEncoding = {
  inputRange: [0, 1],
  outputRange: [0, 1],
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** An opaque picture with slopes, edges and noise, so that features of every strength occur. */
export function randomPicture(random: Random, width: number, height: number): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  const slopes = random.floats(6, 6);
  const noise = random.pick([4, 40, 255]);
  const edge = random.integer(1, Math.max(1, width));
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    const step = x >= edge ? 70 : 0;
    for (let c = 0; c < 3; c++) {
      const slope = (slopes[2 * c] as number) * x + (slopes[2 * c + 1] as number) * y;
      data[4 * i + c] = 100 + step + slope + (random.next() - 0.5) * noise;
    }
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

/** Makes some pixels transparent, wholly or in part. Returns the picture. */
export function addTransparency(random: Random, picture: Pixels): Pixels {
  for (let i = 3; i < picture.data.length; i += 4) {
    picture.data[i] = random.next() < 0.3 ? 0 : random.integer(1, 255);
  }
  return picture;
}

export function hasTransparency({ data }: Pixels): boolean {
  return data.some((byte, i) => i % 4 === 3 && byte < 255);
}

/** RGBA bytes as the network's NCHW input, rounded to float32 after each operation. */
export function toNetwork({ width, height, data }: Pixels, encoding: ByteEncoding): FloatImage {
  const { inputRange, mean, std } = encoding;
  const [low, high] = inputRange.map(Math.fround) as [number, number];
  const span = Math.fround(high - low);
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < planes.length; i++) {
    const c = Math.floor(i / pixels);
    const fraction = Math.fround((data[4 * (i % pixels) + c] as number) / 255);
    const value = Math.fround(low + Math.fround(fraction * span));
    const centred = Math.fround(value - Math.fround(mean[c] as number));
    planes[i] = centred / Math.fround(std[c] as number);
  }
  return { shape: [3, height, width], data: planes };
}

/** The network's NCHW output as opaque RGBA bytes. */
export function fromNetwork({ shape, data }: FloatImage, encoding: ByteEncoding): Pixels {
  const [, height, width] = shape;
  const [low, high] = encoding.outputRange.map(Math.fround) as [number, number];
  const toByte = Math.fround(255 / Math.fround(high - low));
  const pixels = width * height;
  const bytes = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let i = 0; i < 3 * pixels; i++) {
    const value = Math.fround((data[i] as number) - low);
    // A clamped array rounds halves to even, as the core does.
    bytes[4 * (i % pixels) + Math.floor(i / pixels)] = Math.fround(value * toByte);
  }
  return { width, height, data: bytes };
}

/** The picture with so many pixels more on each side, its edge pixels repeated. */
export function extended({ width, height, data }: Pixels, border: number): Pixels {
  const [wide, high] = [width + 2 * border, height + 2 * border];
  const within = (at: number, extent: number) => Math.min(Math.max(at - border, 0), extent - 1);
  const bytes = new Uint8ClampedArray(wide * high * 4);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const from = (within(y, height) * width + within(x, width)) * 4;
      bytes.set(data.subarray(from, from + 4), (y * wide + x) * 4);
    }
  }
  return { width: wide, height: high, data: bytes };
}

/** The picture without so many pixels on each side. */
export function trimmed({ width, height, data }: Pixels, border: number): Pixels {
  const [narrow, low] = [width - 2 * border, height - 2 * border];
  const bytes = new Uint8ClampedArray(narrow * low * 4);
  for (let y = 0; y < low; y++) {
    const from = ((y + border) * width + border) * 4;
    bytes.set(data.subarray(from, from + narrow * 4), y * narrow * 4);
  }
  return { width: narrow, height: low, data: bytes };
}
