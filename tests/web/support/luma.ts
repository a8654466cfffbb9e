// Luma networks as the papers run them, in double precision: MATLAB's rgb2ycbcr, the network's Y,
// bicubic Cb and Cr, and back.
import type { FloatImage } from './onnxruntime.ts';
import type { Pixels } from './pixels.ts';

const FROM_RGB = [
  [65.481, 128.553, 24.966],
  [-37.797, -74.203, 112],
  [112, -93.786, -18.214],
] as const;
const OFFSETS = [16, 128, 128] as const;

type Triple = [number, number, number];

function toYcbcr(rgb: Triple): Triple {
  return FROM_RGB.map(
    (row, i) =>
      (OFFSETS[i] as number) + row.reduce((sum, w, c) => sum + (w * (rgb[c] as number)) / 255, 0),
  ) as Triple;
}

const determinant = ([a, b, c]: readonly (readonly number[])[]) => {
  const [a0, a1, a2] = a as Triple;
  const [b0, b1, b2] = b as Triple;
  const [c0, c1, c2] = c as Triple;
  return a0 * (b1 * c2 - b2 * c1) - a1 * (b0 * c2 - b2 * c0) + a2 * (b0 * c1 - b1 * c0);
};

/** Solves the three equations by Cramer's rule. */
function toRgb(ycbcr: Triple): Triple {
  const right = ycbcr.map((value, i) => value - (OFFSETS[i] as number));
  const whole = determinant(FROM_RGB);
  return [0, 1, 2].map((column) => {
    const replaced = FROM_RGB.map((row, i) =>
      row.map((value, j) => (j === column ? (right[i] as number) : value)),
    );
    return (255 * determinant(replaced)) / whole;
  }) as Triple;
}

function planes({
  width,
  height,
  data,
}: Pixels): [y: Float64Array, cb: Float64Array, cr: Float64Array] {
  const result = [0, 1, 2].map(() => new Float64Array(width * height));
  for (let i = 0; i < width * height; i++) {
    const ycbcr = toYcbcr([...data.subarray(4 * i, 4 * i + 3)] as Triple);
    result.forEach((plane, c) => {
      plane[i] = ycbcr[c] as number;
    });
  }
  return result as [Float64Array, Float64Array, Float64Array];
}

/** A picture's Y over 255, as a network gets it. */
export function toLuma(picture: Pixels): FloatImage {
  const [y] = planes(picture);
  return {
    shape: [1, picture.height, picture.width],
    data: Float32Array.from(y, (value) => value / 255),
  };
}

function keys(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

function mirror(index: number, size: number): number {
  let i = index;
  while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
  return i;
}

/** One sample of a plane enlarged by `scale`. */
function enlarged(
  plane: Float64Array,
  [width, height]: [number, number],
  scale: number,
  x: number,
  y: number,
): number {
  const centre = (i: number) => (i + 0.5) / scale - 0.5;
  const [cx, cy] = [centre(x), centre(y)];
  let sum = 0;
  for (let j = Math.floor(cy) - 1; j <= Math.floor(cy) + 2; j++) {
    for (let i = Math.floor(cx) - 1; i <= Math.floor(cx) + 2; i++) {
      const value = plane[mirror(j, height) * width + mirror(i, width)] as number;
      sum += keys(cx - i) * keys(cy - j) * value;
    }
  }
  return sum;
}

/** The picture of the network's luma and the input's colours: RGBA, opaque, not yet rounded. */
export function withLuma(input: Pixels, luma: FloatImage): Float64Array {
  const [, height, width] = luma.shape;
  const scale = width / input.width;
  const [, cb, cr] = planes(input);
  const size: [number, number] = [input.width, input.height];
  const result = new Float64Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const rgb = toRgb([
        255 * (luma.data[at] as number),
        enlarged(cb, size, scale, x, y),
        enlarged(cr, size, scale, x, y),
      ]);
      result.set(
        rgb.map((value) => Math.min(255, Math.max(0, value))),
        4 * at,
      );
    }
  }
  return result;
}
