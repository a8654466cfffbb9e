/**
 * Gradient magnitude similarity deviation (Xue, Zhang, Mou, Bovik: "Gradient Magnitude Similarity
 * Deviation: A Highly Efficient Perceptual Image Quality Index", IEEE TIP 2014).
 */
import { type RawImage, TesseraError } from '../src/index.js';

/** One number per pixel. */
interface Plane {
  data: Float64Array;
  width: number;
  height: number;
}

// Keeps flat parts, whose gradients are noise, from counting; for luma in 0..255.
const STABILITY = 170;

/** Luma in 0..255 (BT.601, full range): the range for which the paper's constant was chosen. */
function fullRangeLuma({ data, width, height }: RawImage): Plane {
  const luma = Float64Array.from({ length: width * height }, (_, i) => {
    const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]] as [number, number, number];
    return 0.299 * r + 0.587 * g + 0.114 * b;
  });
  return { data: luma, width, height };
}

function withoutBorder({ data, width, height }: Plane, border: number): Plane {
  const inner = { width: width - 2 * border, height: height - 2 * border };
  const part = Float64Array.from({ length: inner.width * inner.height }, (_, i) => {
    const [x, y] = [i % inner.width, Math.floor(i / inner.width)];
    return data[(y + border) * width + x + border] as number;
  });
  return { data: part, ...inner };
}

/** Means of 2x2 pixels: eyes at a usual distance do not see finer. An odd last line is left out. */
function halve({ data, width, height }: Plane): Plane {
  const half = { width: Math.floor(width / 2), height: Math.floor(height / 2) };
  const means = Float64Array.from({ length: half.width * half.height }, (_, i) => {
    const at = 2 * Math.floor(i / half.width) * width + 2 * (i % half.width);
    const pair = (start: number) => (data[start] as number) + (data[start + 1] as number);
    return (pair(at) + pair(at + width)) / 4;
  });
  return { data: means, ...half };
}

/** Magnitudes of Prewitt's gradient; outside the image everything is 0, as in the paper's code. */
function gradients({ data, width, height }: Plane): Float64Array {
  const value = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[y * width + x] as number);
  return Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const column = (at: number) => value(at, y - 1) + value(at, y) + value(at, y + 1);
    const row = (at: number) => value(x - 1, at) + value(x, at) + value(x + 1, at);
    return Math.hypot((column(x + 1) - column(x - 1)) / 3, (row(y + 1) - row(y - 1)) / 3);
  });
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/**
 * 0 for equal images; the higher, the more unevenly the edges differ.
 *
 * @throws TesseraError `ERR_INVALID_ARGUMENT` when nothing is left to compare.
 */
export function gmsd(first: RawImage, second: RawImage, border = 0): number {
  const least = 2 * border + 2;
  if (first.width !== second.width || first.height !== second.height) {
    throw new TesseraError('ERR_INVALID_ARGUMENT', 'GMSD compares images of one size');
  }
  if (first.width < least || first.height < least) {
    throw new TesseraError('ERR_INVALID_ARGUMENT', `GMSD needs at least ${least} pixels each way`);
  }
  const magnitudes = (image: RawImage) =>
    gradients(halve(withoutBorder(fullRangeLuma(image), border)));
  const [a, b] = [magnitudes(first), magnitudes(second)];
  const similarity = a.map((m, i) => {
    const n = b[i] as number;
    return (2 * m * n + STABILITY) / (m * m + n * n + STABILITY);
  });
  return standardDeviation(similarity);
}
