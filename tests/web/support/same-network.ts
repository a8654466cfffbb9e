// Whether a converted network computes what the original does.
import assert from 'node:assert/strict';
import { type CoreModule, runNetwork } from './core.ts';
import { type FloatImage, runReference } from './onnxruntime.ts';
import type { Random } from './random.ts';

/** Numbers in [0, 1], as networks get pictures. */
export function randomImage(random: Random, height: number, width: number): FloatImage {
  const data = Float32Array.from({ length: 3 * height * width }, () => random.next());
  return { shape: [3, height, width], data };
}

/** The greatest difference of two results of one shape. */
export function distance(a: FloatImage, b: FloatImage): number {
  assert.deepEqual(a.shape, b.shape);
  return a.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))),
    0,
  );
}

/** Sums of floats in another order differ by so much, in relation to the largest number. */
const ROUNDING = 1e-5;

/** Compares ONNX Runtime, node by node, and the core with what is expected of a file. */
export async function assertComputes(
  core: CoreModule,
  file: Uint8Array,
  picture: FloatImage,
  expected: FloatImage,
): Promise<void> {
  const most = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const reference = await runReference(file, picture, { optimize: false });
  assert.ok(
    distance(reference, expected) < ROUNDING * most,
    `ONNX Runtime: ${distance(reference, expected)}`,
  );
  const ours = runNetwork(core, file, picture);
  assert.ok(distance(ours, expected) < ROUNDING * most, `the core: ${distance(ours, expected)}`);
}
