/** How RGBA images differ, without the core: in all colours, per channel, and at worst. */
import { type RawImage, TesseraError } from '../src/index.js';

/** Red, green, blue. */
export type PerChannel = [number, number, number];

/** Absolute differences of colour bytes. */
export interface Difference {
  max: number;
  mean: number;
}

const PEAK = 255;

/** Calls `visit` with the two bytes of each colour of each pixel that is not in the border. */
function forEachColour(
  a: RawImage,
  b: RawImage,
  border: number,
  visit: (a: number, b: number, channel: number) => void,
): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new TesseraError(
      'ERR_INVALID_ARGUMENT',
      `images of different size: ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
  }
  const [right, bottom] = [a.width - border, a.height - border];
  if (right <= border || bottom <= border) {
    throw new TesseraError(
      'ERR_INVALID_ARGUMENT',
      `nothing of ${a.width}x${a.height} is left without a border of ${border}`,
    );
  }
  for (let y = border; y < bottom; y++) {
    for (let x = border; x < right; x++) {
      const at = (y * a.width + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        visit(a.data[at + channel] as number, b.data[at + channel] as number, channel);
      }
    }
  }
  return (right - border) * (bottom - border);
}

/** PSNR over all three colours; infinite for equal images. */
export function psnrRgb(a: RawImage, b: RawImage, border = 0): number {
  let sum = 0;
  const pixels = forEachColour(a, b, border, (first, second) => {
    sum += (first - second) ** 2;
  });
  return 10 * Math.log10((PEAK * PEAK * 3 * pixels) / sum);
}

/** The mean of `result` minus `original` per channel, in grey levels: a shift of colour. */
export function channelError(result: RawImage, original: RawImage, border = 0): PerChannel {
  const sums: PerChannel = [0, 0, 0];
  const pixels = forEachColour(result, original, border, (first, second, channel) => {
    sums[channel as 0 | 1 | 2] += first - second;
  });
  return sums.map((sum) => sum / pixels) as PerChannel;
}

/** The greatest and the mean absolute difference. */
export function difference(a: RawImage, b: RawImage): Difference {
  let [max, sum] = [0, 0];
  const pixels = forEachColour(a, b, 0, (first, second) => {
    const distance = Math.abs(first - second);
    max = Math.max(max, distance);
    sum += distance;
  });
  return { max, mean: sum / (3 * pixels) };
}
