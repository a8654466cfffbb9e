// The damage of `tessera eval --degrade web`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { openCore } from '../../../web/cli/core.ts';
import {
  blur,
  DAMAGE_RANGES,
  damageOf,
  degradeForWeb,
  gaussianKernel,
} from '../../../web/cli/degrade.ts';
import { psnrRgb } from '../../../web/cli/metrics.ts';
import { gaussian, seededRandom } from '../../../web/src/base/random.ts';
import type { RawImage } from '../../../web/src/index.ts';

function waves(width: number, height: number): RawImage {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => {
    const pixel = Math.floor(i / 4);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return i % 4 === 3 ? 255 : 128 + 90 * Math.sin(x / 4 + (i % 4)) * Math.cos(y / 5);
  });
  return { data, width, height };
}

test('normally distributed numbers have mean 0 and deviation 1', () => {
  const next = gaussian(seededRandom(5));
  const values = Array.from({ length: 20000 }, next);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.03, `${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.05, `${variance}`);
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
  assert.ok(Math.abs(beyondTwo - 0.0455) < 0.01, `${beyondTwo}`);
});

test('the damage depends on name and seed, and stays in its ranges', () => {
  assert.deepEqual(damageOf('a.png', 1), damageOf('a.png', 1));
  assert.notDeepEqual(damageOf('a.png', 1), damageOf('b.png', 1));
  assert.notDeepEqual(damageOf('a.png', 1), damageOf('a.png', 2));
  const many = Array.from({ length: 500 }, (_, i) => damageOf(`${i}.png`, 3));
  for (const [key, [low, high]] of Object.entries(DAMAGE_RANGES)) {
    const values = many.flatMap((damage) => damage[key as keyof typeof DAMAGE_RANGES]);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    assert.ok(least >= low && most <= high, `${key}: ${least} to ${most}`);
    assert.ok(most - least > 0.95 * (high - low), `${key} uses its range`);
  }
  const share = (holds: (damage: (typeof many)[number]) => boolean) =>
    many.filter(holds).length / many.length;
  assert.ok(Math.abs(share(({ blur: [a, b] }) => a === b) - 0.5) < 0.1);
  assert.ok(Math.abs(share(({ greyNoise }) => greyNoise) - 0.4) < 0.1);
});

test('the kernel has its two deviations along its axes', () => {
  const { weights, radius } = gaussianKernel([1, 2], Math.PI / 2);
  const side = 2 * radius + 1;
  let [sum, xx, yy] = [0, 0, 0];
  weights.forEach((weight, i) => {
    const [x, y] = [(i % side) - radius, Math.floor(i / side) - radius];
    sum += weight;
    xx += weight * x * x;
    yy += weight * y * y;
  });
  assert.ok(Math.abs(sum - 1) < 1e-12);
  // The first axis is turned from across to down.
  assert.ok(Math.abs(yy - 1) < 0.02, `${yy}`);
  assert.ok(Math.abs(xx - 4) < 0.2, `${xx}`);
});

test('blurring leaves flat parts alone and spreads a dot', () => {
  const flat = { ...waves(9, 9), data: new Uint8ClampedArray(9 * 9 * 4).fill(77) };
  assert.deepEqual(blur(flat, gaussianKernel([1, 1], 0)), flat);
  const dot = { ...flat, data: new Uint8ClampedArray(9 * 9 * 4) };
  dot.data[(4 * 9 + 4) * 4] = 250;
  const spread = blur(dot, gaussianKernel([0.8, 0.8], 0)).data;
  const red = (x: number, y: number) => spread[(y * 9 + x) * 4] as number;
  assert.ok(red(4, 4) > red(3, 4) && red(3, 4) > red(3, 3) && red(3, 3) > 0);
  assert.equal(red(3, 4), red(4, 5));
});

test('the small picture is the same in every run, and damaged', async () => {
  const core = await openCore(pathToFileURL(`${DIST}/`));
  const original = waves(96, 64);
  const clean = core.resize(original, 48, 32);
  const damaged = await degradeForWeb(core, original, 2, 'waves.png', 1);
  assert.deepEqual([damaged.width, damaged.height], [48, 32]);
  assert.deepEqual(await degradeForWeb(core, original, 2, 'waves.png', 1), damaged);
  const decibels = psnrRgb(clean, damaged);
  assert.ok(decibels > 20 && decibels < 45, `${decibels}`);
  const other = await degradeForWeb(core, original, 2, 'waves.png', 2);
  assert.notDeepEqual(other.data, damaged.data);
});
