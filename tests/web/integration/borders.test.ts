// Flat pictures stay flat up to their corners with every shipped model, though zero padding makes
// networks take what lies beyond an edge for black.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import type { Upscaler } from '../../../web/src/index.ts';
import { openUpscaler } from '../support/node-upscaler.ts';

const EDGE = 24;

function flatPicture(level: number) {
  const data = new Uint8ClampedArray(EDGE * EDGE * 4).fill(level);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width: EDGE, height: EDGE };
}

/** Levels between a flat picture and the value that is furthest from it. */
async function furthest(upscaler: Upscaler, level: number): Promise<number> {
  const { data } = await upscaler.upscale(flatPicture(level), { output: 'raw' });
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % 4 !== 3) most = Math.max(most, Math.abs((data[i] as number) - level));
  }
  return most;
}

async function worst(upscaler: Upscaler, levels: readonly number[]): Promise<number> {
  const all = await Promise.all(levels.map((level) => furthest(upscaler, level)));
  return Math.max(...all);
}

// What a network does to flat pictures far from their edges, it does at the edges too.
const ENDS = [0, 128, 255];
const GREYS = [1, 8, 32, 64, 96, 160, 192, 224, 240, 250, 254];
/** Levels, for {@link ENDS} and {@link GREYS}. */
const MOST: Record<string, [ends: number, greys: number]> = {
  'restore-x2': [1, 2],
  'restore-x4': [2, 3],
  'restore-x4-perceptual': [2, 2],
};
const USUAL: [number, number] = [1, 2];

describe('flat pictures', () => {
  const { aliases: _, ...models } = JSON.parse(
    readFileSync(join(ROOT, 'models', 'manifest.json'), 'utf8'),
  );
  for (const [name, { file }] of Object.entries<{ file: string }>(models)) {
    test(`${name}: flat to the last corner`, async (t) => {
      const model = readFileSync(join(ROOT, 'models', file));
      await using upscaler = await openUpscaler({ model, workers: 1 });
      await using without = await openUpscaler({ model, workers: 1, border: 0 });
      const [ends, greys] = [await worst(upscaler, ENDS), await worst(upscaler, GREYS)];
      const before = Math.max(await worst(without, ENDS), await worst(without, GREYS));
      t.diagnostic(`${ends} and ${greys} levels; without a border up to ${before}`);
      const [mostOfEnds, mostOfGreys] = MOST[name] ?? USUAL;
      assert.ok(ends <= mostOfEnds && greys <= mostOfGreys);
    });
  }

  test('the border is asked for by the file, or by whoever loads it', async () => {
    const model = readFileSync(join(ROOT, 'models', 'photo-x4-tiny.onnx'));
    await using asFile = await openUpscaler({ model, workers: 1 });
    assert.equal(asFile.model.border, 2);
    await using without = await openUpscaler({ model, workers: 1, border: 0 });
    assert.equal(without.model.border, 0);
    assert.ok((await furthest(without, 255)) > 3);
    await using wide = await openUpscaler({ model, workers: 1, border: 64 });
    assert.equal(wide.model.border, wide.model.overlap, 'more changes nothing');
  });
});
