import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SpareBuffers } from '../../../web/src/base/buffers.ts';
import type { SourceImage } from '../../../web/src/image/source.ts';
import { cutTile } from '../../../web/src/tiling/tile-pixels.ts';

function numbered(width: number, height: number, channels: 3 | 4): SourceImage {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7) % 251);
  return { data, width, height, channels };
}

/** The pixel at a position, or the nearest one inside. */
function pixelAt({ data, width, height, channels }: SourceImage, x: number, y: number): number[] {
  const inside = (position: number, extent: number) => Math.min(Math.max(position, 0), extent - 1);
  const at = (inside(y, height) * width + inside(x, width)) * channels;
  const pixel = [...data.subarray(at, at + channels)];
  return channels === 3 ? [...pixel, 255] : pixel;
}

test('a tile has the pixels of its place, and repeats the edge beyond it', () => {
  const cases = fc.record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    channels: fc.constantFrom<3 | 4>(3, 4),
    beyond: fc.integer({ min: 0, max: 3 }),
    before: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(
      cases,
      fc.nat(8),
      fc.nat(8),
      ({ width, height, channels, beyond, before }, left, top) => {
        const image = numbered(width, height, channels);
        const [x, y] = [Math.min(left, width - 1) - before, Math.min(top, height - 1) - before];
        const [tileWidth, tileHeight] = [width - x + beyond, height - y + beyond];
        const spares = new SpareBuffers();
        const used = new Uint8Array(tileWidth * tileHeight * 4).fill(77).buffer;
        spares.give(used);
        const tile = new Uint8Array(cutTile(image, x, y, tileWidth, tileHeight, spares));
        assert.equal(tile.buffer, used);
        for (let row = 0; row < tileHeight; row++) {
          for (let column = 0; column < tileWidth; column++) {
            const at = (row * tileWidth + column) * 4;
            assert.deepEqual([...tile.subarray(at, at + 4)], pixelAt(image, x + column, y + row));
          }
        }
      },
    ),
  );
});
