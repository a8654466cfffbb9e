// The bytes of results, and how far apart two of them are.
import assert from 'node:assert/strict';
import type { Picture } from './engine-arithmetic.ts';
import { openUpscaler } from './node-upscaler.ts';

/**
 * What the library makes of a picture, which is not extended: bytes of red, green and blue, planes
 * one after another.
 */
export async function upscaledBytes(file: Uint8Array, picture: Picture): Promise<Uint8Array> {
  const upscaler = await openUpscaler({ model: new Uint8Array(file), border: 0 });
  const { scale } = upscaler.model;
  const image = await upscaler.upscale(picture, { output: 'raw' });
  await upscaler.dispose();
  assert.deepEqual([image.width, image.height], [picture.width * scale, picture.height * scale]);
  const pixels = image.width * image.height;
  const at = (i: number) => image.data[4 * (i % pixels) + Math.floor(i / pixels)] as number;
  return Uint8Array.from({ length: 3 * pixels }, (_, i) => at(i));
}

/** How many bytes are 0, 1, 2 ... apart. */
export function distances(a: Uint8Array, b: Uint8Array): number[] {
  assert.equal(a.length, b.length);
  const counts = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    counts[distance] = (counts[distance] ?? 0) + 1;
  }
  return counts;
}
