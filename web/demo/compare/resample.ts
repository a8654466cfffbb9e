/** Enlarging by interpolation, for comparison with a network. */

/** How far a kernel reaches, in source pixels, and its weight at a distance. */
interface Kernel {
  radius: number;
  weight(distance: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS = {
  // Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -1/2.
  bicubic: {
    radius: 2,
    weight(distance: number): number {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  // Duchon, "Lanczos filtering in one and two dimensions" (1979), with three lobes.
  lanczos: {
    radius: 3,
    weight: (distance: number) =>
      Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0,
  },
} as const satisfies Record<string, Kernel>;

/** The name of an interpolation. */
export type KernelName = keyof typeof KERNELS;

/** Extents in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** RGBA bytes with straight alpha, row by row. */
export interface Pixels extends Size {
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** A part of a picture, in its pixels. */
export interface Part extends Size {
  x: number;
  y: number;
}

/** For each output pixel of a line: where its source pixels begin, and their weights. */
interface Taps {
  count: number;
  starts: Int32Array;
  weights: Float32Array;
  /** The first and the number of source pixels that are needed. */
  first: number;
  length: number;
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

/** A place beyond the edge is that as far inside, as in the papers' reductions. */
const mirror = (at: number, most: number) =>
  clamp(at < 0 ? -1 - at : at > most ? 2 * most + 1 - at : at, most);

/**
 * @param from - source pixels of the whole line
 * @param to - output pixels of the whole line, at least as many
 * @param first - the first output pixel that is wanted
 * @param length - how many are
 */
function tapsOf(kernel: Kernel, from: number, to: number, first: number, length: number): Taps {
  const count = 2 * kernel.radius;
  const starts = new Int32Array(length);
  const weights = new Float32Array(length * count);
  for (let i = 0; i < length; i++) {
    const centre = ((first + i + 0.5) * from) / to - 0.5;
    const start = Math.floor(centre) - kernel.radius + 1;
    starts[i] = start;
    const own = weights.subarray(i * count, (i + 1) * count);
    for (let k = 0; k < count; k++) own[k] = kernel.weight(centre - start - k);
    const sum = own.reduce((total, weight) => total + weight, 0);
    for (let k = 0; k < count; k++) own[k] = (own[k] as number) / sum;
  }
  const needed = clamp(starts[0] as number, from - 1);
  const last = clamp((starts[length - 1] as number) + count - 1, from - 1);
  return { count, starts, weights, first: needed, length: last - needed + 1 };
}

/**
 * Enlarges one row along x, with colours multiplied by alpha so that hidden ones do not bleed. What
 * lies beyond the pixels that are needed lies beyond the picture.
 */
function enlargeRow({ data, width }: Pixels, row: number, taps: Taps): Float32Array {
  const { count, starts, weights, first } = taps;
  const target = new Float32Array(4 * starts.length);
  for (let i = 0; i < starts.length; i++) {
    for (let k = 0; k < count; k++) {
      const at = 4 * (row * width + mirror((starts[i] as number) + k - first, width - 1));
      const alpha = (weights[i * count + k] as number) * (data[at + 3] as number);
      for (let c = 0; c < 3; c++) {
        target[4 * i + c] =
          (target[4 * i + c] as number) + (alpha / 255) * (data[at + c] as number);
      }
      target[4 * i + 3] = (target[4 * i + 3] as number) + alpha;
    }
  }
  return target;
}

/** Divides by alpha again, and rounds. */
function writeBytes(row: Float32Array, target: Uint8ClampedArray): void {
  for (let i = 0; i < row.length; i += 4) {
    const alpha = row[i + 3] as number;
    const factor = alpha > 0 ? 255 / alpha : 0;
    for (let c = 0; c < 3; c++) target[i + c] = (row[i + c] as number) * factor;
    target[i + 3] = alpha;
  }
}

/**
 * A part of an enlarged picture as RGBA bytes, the same as if the whole had been made.
 *
 * @param from - of the source
 * @param to - of the whole result: at least the source's
 * @param part - of the result, inside it
 * @param read - gives a part of the source, and is asked once
 */
export function resamplePart(
  name: KernelName,
  from: Size,
  to: Size,
  part: Part,
  read: (part: Part) => Pixels,
): Uint8ClampedArray<ArrayBuffer> {
  const across = tapsOf(KERNELS[name], from.width, to.width, part.x, part.width);
  const down = tapsOf(KERNELS[name], from.height, to.height, part.y, part.height);
  const source = read({
    ...{ x: across.first, width: across.length },
    ...{ y: down.first, height: down.length },
  });
  const rows = Array.from({ length: down.length }, (_, row) => enlargeRow(source, row, across));
  const result = new Uint8ClampedArray(4 * part.width * part.height);
  const sum = new Float32Array(4 * part.width);
  for (let y = 0; y < part.height; y++) {
    sum.fill(0);
    for (let k = 0; k < down.count; k++) {
      const at = mirror((down.starts[y] as number) + k - down.first, rows.length - 1);
      const row = rows[at] as Float32Array;
      const weight = down.weights[y * down.count + k] as number;
      for (let i = 0; i < sum.length; i++)
        sum[i] = (sum[i] as number) + weight * (row[i] as number);
    }
    writeBytes(sum, result.subarray(4 * part.width * y, 4 * part.width * (y + 1)));
  }
  return result;
}
