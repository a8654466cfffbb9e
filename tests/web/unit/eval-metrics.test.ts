// The metrics of `tessera eval` against numbers worked out by hand, or by NumPy and SciPy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gmsd } from '../../../web/cli/gmsd.ts';
import { channelError, difference, psnrRgb } from '../../../web/cli/metrics.ts';
import type { RawImage } from '../../../web/src/index.ts';

type Rgb = readonly [number, number, number];

function picture(width: number, height: number, colour: (x: number, y: number) => Rgb): RawImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data.set([...colour(i % width, Math.floor(i / width)), 255], i * 4);
  }
  return { data, width, height };
}

const flat = (value: Rgb, width = 6, height = 6) => picture(width, height, () => value);

/** Noise-like, by whole numbers, so that another program makes the same. */
const formula = (k: number) =>
  picture(20, 16, (x, y) => [
    (x * 13 + y * 7 * k) % 256,
    (x * y * 3 + k * 11) % 256,
    (x * 29 + y * y * k) % 256,
  ]);

const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value} instead of ${expected}`);

test('PSNR over all colours', () => {
  // One channel of three is 30 off: a mean square of 300.
  near(
    psnrRgb(flat([100, 50, 10]), flat([130, 50, 10])),
    20 * Math.log10(255) - 10 * Math.log10(300),
  );
  assert.equal(psnrRgb(formula(1), formula(1)), Infinity);
  near(psnrRgb(formula(1), formula(2)), 10.040731238124788);
  near(psnrRgb(formula(1), formula(2), 2), 9.245826133330693);
});

test('the error of each channel has a sign, and no border', () => {
  assert.deepEqual(channelError(flat([12, 20, 25]), flat([10, 20, 30])), [2, 0, -5]);
  const framed = picture(6, 6, (x, y) =>
    Math.min(x, y) < 1 || Math.max(x, y) > 4 ? [255, 255, 255] : [11, 10, 10],
  );
  assert.deepEqual(channelError(framed, flat([10, 10, 10]), 1), [1, 0, 0]);
  const [red, green, blue] = channelError(formula(1), formula(2));
  near(red, -0.5);
  near(green, -3.8);
  near(blue, -3.1);
});

test('differences are absolute, at most and on average', () => {
  const one = picture(2, 1, (x) => (x === 0 ? [10, 10, 10] : [10, 16, 10]));
  assert.deepEqual(difference(one, flat([10, 10, 10], 2, 1)), { max: 6, mean: 1 });
  assert.deepEqual(difference(flat([10, 10, 10], 2, 1), one), { max: 6, mean: 1 });
  assert.deepEqual(difference(formula(1), formula(2)), { max: 249, mean: 52.55 });
});

test('GMSD is that of the paper', () => {
  assert.equal(gmsd(formula(1), formula(1)), 0);
  near(gmsd(formula(1), formula(2)), 0.227666056417294);
  near(gmsd(formula(1), formula(2), 2), 0.21828178348924232);
});

test('GMSD of grey against black, by hand', () => {
  // Halved, 4x4 pixels of grey 30 in a surrounding of 0: gradients of (20, 20) at the four corners,
  // 30 at the eight other edge pixels and 0 at the four inside; black has none anywhere.
  const corner = 170 / (800 + 170);
  const edge = 170 / (900 + 170);
  const mean = (4 * corner + 8 * edge + 4) / 16;
  const spread = 4 * (corner - mean) ** 2 + 8 * (edge - mean) ** 2 + 4 * (1 - mean) ** 2;
  near(gmsd(flat([30, 30, 30], 8, 8), flat([0, 0, 0], 8, 8)), Math.sqrt(spread / 16));
});

test('images that cannot be compared are refused', () => {
  const wrong = { code: 'ERR_INVALID_ARGUMENT' };
  assert.throws(() => psnrRgb(flat([1, 1, 1]), flat([1, 1, 1], 5, 6)), wrong);
  assert.throws(() => channelError(flat([1, 1, 1]), flat([1, 1, 1]), 3), wrong);
  assert.throws(() => gmsd(flat([1, 1, 1]), flat([1, 1, 1], 5, 6)), wrong);
  assert.throws(() => gmsd(flat([1, 1, 1]), flat([1, 1, 1]), 3), wrong);
});
