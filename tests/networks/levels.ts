// Bytes beside the samples that they are rounded from.
import assert from 'node:assert/strict';
import type { RawImage } from '../../web/src/index.ts';
import type { FloatImage } from '../web/support/onnxruntime.ts';

/** How far a colour is from its sample of 0 to 1, at most, in levels: half a one when it is rounded. */
export function furthestLevel({ data, width, height }: RawImage, exact: FloatImage): number {
  const [, tall, wide] = exact.shape;
  assert.deepEqual([width, height], [wide, tall]);
  let furthest = 0;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const sample = (exact.data[c * width * height + i] as number) * 255;
      const level = Math.min(Math.max(sample, 0), 255);
      furthest = Math.max(furthest, Math.abs((data[i * 4 + c] as number) - level));
    }
  }
  return furthest;
}
