// What a network is calibrated on without being told: the same every time, of extents that it takes, like photos.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../web/src/base/random.ts';
import { finish } from '../../../web/src/base/turns.ts';
import type { SourceImage } from '../../../web/src/image/source.ts';
import { leafPicture } from '../../../web/src/quantize/leaves.ts';
import { cutParts, makePictures, patchSize } from '../../../web/src/quantize/patches.ts';

const SMALL_NETWORK = {
  sizeMultiple: 1,
  smallest: 1,
  fixedWidth: 0,
  fixedHeight: 0,
  multiplicationsPerPixel: 1000,
};

/** A picture whose pixels say where they are. */
function placed(width: number, height: number): SourceImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    data[4 * i] = i % width;
    data[4 * i + 1] = Math.floor(i / width);
  }
  return { data, width, height, channels: 4 };
}

test('patches are as large as some seconds allow, in steps that the network takes', () => {
  const edge = (facts: object) => patchSize({ ...SMALL_NETWORK, ...facts }).width;
  assert.equal(edge({}), 64);
  assert.equal(edge({ multiplicationsPerPixel: 620_000 }), 49);
  assert.equal(edge({ multiplicationsPerPixel: 1e8 }), 32);
  assert.equal(edge({ sizeMultiple: 48 }), 96);
  assert.equal(edge({ smallest: 100 }), 100);
  const fixed = { ...SMALL_NETWORK, fixedWidth: 128, fixedHeight: 96 };
  assert.deepEqual(patchSize(fixed), { width: 128, height: 96 });
});

test('parts lie inside their pictures, which take turns', () => {
  const pictures = [placed(200, 100), placed(64, 64)];
  const patches = cutParts(SMALL_NETWORK, pictures, 8);
  assert.equal(patches.length, 8);
  patches.forEach(({ data }, i) => {
    const { width, height } = pictures[i % 2] as SourceImage;
    const [x, y] = [data[0] as number, data[1] as number];
    assert.ok(x <= width - 64 && y <= height - 64, `${x}, ${y}`);
    assert.deepEqual([data.at(-4), data.at(-3)], [x + 63, y + 63]);
  });
  assert.notDeepEqual(patches[0]?.data, patches[2]?.data);
});

test('a picture smaller than a patch is filled up with its edges', () => {
  const [patch] = cutParts(SMALL_NETWORK, [placed(10, 70)], 1);
  const row = [...(patch?.data ?? [])].filter((_, i) => i % 4 === 0).slice(0, 64);
  assert.deepEqual(
    row,
    Array.from({ length: 64 }, (_, x) => Math.min(x, 9)),
  );
});

test('pictures made by rule are the same every time', () => {
  const make = (count: number) => finish(makePictures(SMALL_NETWORK, count));
  const made = make(3);
  assert.deepEqual(made, make(3));
  assert.notDeepEqual(made[0]?.data, made[1]?.data);
  assert.deepEqual([made[0]?.width, made[0]?.height], [64, 64]);
});

test('leaves are opaque, use the range, and have a spectrum like that of photos', () => {
  const edge = 128;
  const random = seededRandom(3);
  const pictures = Array.from({ length: 8 }, () => leafPicture(edge, edge, random));
  const all = pictures.flatMap(({ data }) => [...data]);
  assert.ok(all.every((byte, i) => i % 4 !== 3 || byte === 255));
  const colors = all.filter((_, i) => i % 4 !== 3);
  assert.ok(colors.some((byte) => byte < 40) && colors.some((byte) => byte > 215));
  // Of the differences of pixels at a distance d, the mean square grows slowly with d: by less than d itself, as it would
  // for a slope squared, and by more than not at all, as for noise.
  const apart = (distance: number) => {
    let sum = 0;
    let count = 0;
    for (const { data } of pictures) {
      for (let i = 0; i < edge * edge; i++) {
        if ((i % edge) + distance >= edge) continue;
        sum += ((data[4 * i] as number) - (data[4 * (i + distance)] as number)) ** 2;
        count++;
      }
    }
    return sum / count;
  };
  for (const distance of [2, 4, 8]) {
    const growth = apart(2 * distance) / apart(distance);
    assert.ok(growth > 1.1 && growth < 2.1, `${growth} from ${distance}`);
  }
});
