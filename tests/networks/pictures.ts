// Pictures that are made, not loaded: smooth shades, edges, texture, a little noise.
import type { PixelSource } from '../../web/src/index.ts';
import type { FloatImage } from '../web/support/onnxruntime.ts';
import { Random } from '../web/support/random.ts';

/** An opaque picture; the same for the same seed. */
export function makePicture(width: number, height: number, seed: number): PixelSource {
  const random = new Random(seed);
  const waves = Array.from({ length: 9 }, () => ({
    x: random.next() * 0.5,
    y: random.next() * 0.5,
    phase: random.next() * 6.3,
    size: 10 + 25 * random.next(),
  }));
  const shapes = Array.from({ length: 10 }, () => ({
    x: random.next() * width,
    y: random.next() * height,
    reach: 3 + random.next() * Math.min(width, height) * 0.3,
    round: random.next() < 0.5,
    shade: random.floats(3, 90),
  }));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) {
        let value = 128 + (random.next() - 0.5) * 10;
        for (const wave of waves.slice(3 * c, 3 * c + 3)) {
          value += wave.size * Math.sin(wave.x * x + wave.y * y + wave.phase);
        }
        for (const shape of shapes) {
          const [dx, dy] = [Math.abs(x - shape.x), Math.abs(y - shape.y)];
          const far = shape.round ? Math.hypot(dx, dy) : Math.max(dx, dy);
          if (far < shape.reach) value += shape.shade[c] as number;
        }
        data[at + c] = value;
      }
      data[at + 3] = 255;
    }
  }
  return { data, width, height };
}

/** How bytes become what a network takes: bytes 0 and 255 become the range's ends. */
export interface Scaling {
  inputRange?: readonly [number, number] | undefined;
  mean?: readonly number[] | undefined;
  std?: readonly number[] | undefined;
}

/** Luma as the papers define it: ITU-R BT.601 of the full range. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** A picture as the network takes it: luma, colours, or colours and alpha. */
export function toSamples(
  { data, width, height }: PixelSource,
  channels: number,
  { inputRange: [low, high] = [0, 1], mean = [0, 0, 0], std = [1, 1, 1] }: Scaling,
): FloatImage {
  const pixels = width * height;
  const samples = new Float32Array(channels * pixels);
  const byte = (i: number, c: number) => data[i * 4 + c] as number;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) {
      const value =
        channels === 1
          ? LUMA.reduce((sum, weight, colour) => sum + weight * byte(i, colour), 0)
          : byte(i, c);
      const scaled = low + (value / 255) * (high - low);
      samples[c * pixels + i] = (scaled - (mean[c] ?? 0)) / (std[c] ?? 1);
    }
  }
  return { shape: [channels, height, width], data: samples };
}
