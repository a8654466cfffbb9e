// The first promise: a tiled result equals the untiled one bit for bit, for random networks, image
// shapes, tile sizes and worker counts, through the real wasm and real worker threads.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Upscaler } from '../../../web/src/index.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { Random } from '../support/random.ts';
import { randomNetwork } from '../support/random-network.ts';

const NETWORKS = 24;

interface Sample {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Random pixels; a third of them transparent when `transparent`. */
function sample(random: Random, width: number, height: number, transparent: boolean): Sample {
  const data = random.bytes(width * height * 4);
  for (let i = 3; i < data.length; i += 4) {
    data[i] = transparent && random.next() < 0.3 ? 0 : transparent ? random.integer(1, 255) : 255;
  }
  return { width, height, data };
}

/** Image shapes that have broken tilers before, relative to a tile size. */
function shapes(random: Random, tile: number): [number, number][] {
  return [
    [1, 1],
    [tile - 1, tile - 3],
    [tile + 1, tile],
    [61, 97],
    [3, 211],
    [random.integer(2, 2 * tile), random.integer(2, 3 * tile)],
  ];
}

async function assertSeamless(upscaler: Upscaler, image: Sample, tileSize: number): Promise<void> {
  const whole = await upscaler.upscalePatch(image);
  const tiled = await upscaler.upscale(image, { output: 'raw', tileSize });
  const what = `${image.width}x${image.height} in tiles of ${tileSize}`;
  assert.deepEqual([tiled.width, tiled.height], [whole.width, whole.height], what);
  const different = tiled.data.findIndex((byte, i) => byte !== whole.data[i]);
  assert.equal(different, -1, `${what}: byte ${different} differs`);
}

describe('tiled equals untiled', () => {
  for (let seed = 1; seed <= NETWORKS; seed++) {
    test(`network ${seed}`, async () => {
      const random = new Random(seed);
      const upscaler = await openUpscaler({
        model: randomNetwork(random).file,
        workers: random.integer(1, 3),
      });
      try {
        const { overlapWithAlpha, sizeMultiple } = upscaler.model;
        const smallest = 2 * overlapWithAlpha + sizeMultiple;
        const tileSize = smallest + random.integer(0, 24);
        for (const [width, height] of shapes(random, tileSize)) {
          const transparent = random.next() < 0.3;
          await assertSeamless(upscaler, sample(random, width, height, transparent), tileSize);
        }
      } finally {
        await upscaler.dispose();
      }
    });
  }
});
