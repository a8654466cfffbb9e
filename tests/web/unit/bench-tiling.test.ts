import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makePicture } from '../../../bench/web/page/picture.mjs';
import { fittingEdge, tileStarts, upscaleTiled } from '../../../bench/web/page/tiling.mjs';

describe('the tiling that peers without one are given', () => {
  test('keeps every pixel once, with the overlap inside the picture around it', () => {
    for (const [extent, edge, overlap] of [
      [100, 32, 4],
      [33, 32, 6],
      [129, 64, 0],
    ] as const) {
      const starts = tileStarts(extent, edge, overlap) as [number, number, number][];
      let expected = 0;
      for (const [from, left, right] of starts) {
        assert.equal(left, expected);
        assert.ok(from >= 0 && from + edge <= extent);
        assert.ok(left - from >= overlap || from === 0);
        assert.ok(from + edge - right >= overlap || from + edge === extent);
        expected = right;
      }
      assert.equal(expected, extent);
    }
    assert.throws(() => tileStarts(32, 32, 4), RangeError);
  });

  test('chooses the tiles with the fewest pixels together', () => {
    // 2 x 2 tiles of 60 cover 100 with an overlap of 10; 3 x 3 of 50 would have more pixels.
    assert.equal(fittingEdge(100, 100, 10, [50, 60, 90]), 60);
    assert.throws(() => fittingEdge(40, 100, 10, [50]), RangeError);
  });

  test('gives the picture that one tile would give', async () => {
    const picture = makePicture(50, 37);
    const enlarge = async ({ data, width, height }: ReturnType<typeof makePicture>) => {
      const result = new Uint8ClampedArray(width * height * 16);
      for (let y = 0; y < 2 * height; y++) {
        for (let x = 0; x < 2 * width; x++) {
          const from = ((y >> 1) * width + (x >> 1)) * 4;
          result.set(data.subarray(from, from + 4), (y * 2 * width + x) * 4);
        }
      }
      return { data: result, width: 2 * width, height: 2 * height };
    };
    const options = { edge: 16, overlap: 3, scale: 2, upscaleTile: enlarge };
    const tiled = await upscaleTiled(picture, options);
    assert.deepEqual(tiled.data, (await enlarge(picture)).data);
  });
});
