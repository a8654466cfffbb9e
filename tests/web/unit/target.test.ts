import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planTiles } from '../../../web/src/tiling/plan.ts';
import {
  chooseTarget,
  orderTiles,
  placeOf,
  reductionReach,
} from '../../../web/src/tiling/target.ts';
import type { TargetSize } from '../../../web/src/types.ts';
import { PLAIN } from '../support/tiling-facts.ts';

const IMAGE = { width: 300, height: 200 };
const FACTS = { ...PLAIN, sizeMultiple: 2, wholeMultiple: 2, smallest: 2 };

const sizes: [TargetSize | undefined, number, number][] = [
  [undefined, 600, 400],
  [{ scale: 1.5 }, 450, 300],
  [{ scale: 4 }, 1200, 800],
  [{ width: 500 }, 500, 333],
  [{ height: 301 }, 452, 301],
  [{ width: 500, height: 500 }, 500, 333],
  [{ width: 500, height: 500, fit: 'contain' }, 500, 333],
  [{ width: 500, height: 500, fit: 'fill' }, 500, 500],
  [{ width: 400, height: 400, fit: 'cover' }, 400, 400],
  [{ maxPixels: 1e9 }, 600, 400],
  [{ maxPixels: 100_000 }, 387, 258],
];

for (const [wanted, width, height] of sizes) {
  test(`${JSON.stringify(wanted)} of 300x200 is ${width}x${height}`, () => {
    const { window } = chooseTarget(wanted, IMAGE, 2);
    assert.deepEqual([window.width, window.height], [width, height]);
  });
}

test('cover cuts off the same on both sides', () => {
  const target = chooseTarget({ width: 400, height: 400, fit: 'cover' }, IMAGE, 2);
  assert.deepEqual(target, {
    width: 600,
    height: 400,
    window: { x: 100, y: 0, width: 400, height: 400 },
  });
});

test('sizes below the image or beyond the network are RangeErrors with the numbers', () => {
  assert.throws(() => chooseTarget({ width: 299 }, IMAGE, 2), /299x199.*300x200/);
  assert.throws(() => chooseTarget({ maxPixels: 50_000 }, IMAGE, 2), RangeError);
  assert.throws(() => chooseTarget({ scale: 4.1 }, IMAGE, 2), /1230x820.*4 times/);
});

test('the tiles cover every target exactly once, whatever the cut', () => {
  const extent = fc.integer({ min: 1, max: 90 });
  const scenario = fc.record({
    width: extent,
    height: extent,
    scale: fc.constantFrom(1.5, 2, 3, 4),
    margin: fc.constantFrom(0, 2),
    border: fc.constantFrom(0, 4),
    across: fc.double({ min: 1, max: 4, noNaN: true }),
    down: fc.double({ min: 1, max: 4, noNaN: true }),
    fit: fc.constantFrom('contain', 'cover', 'fill'),
    tileSize: fc.integer({ min: 40, max: 80 }),
    focus: fc.constantFrom(undefined, { x: 7, y: 30 }),
  });
  fc.assert(
    fc.property(
      scenario,
      ({ width, height, scale, margin, border, across, down, fit, tileSize, focus }) => {
        const image = { width, height };
        const wanted = { width: Math.ceil(width * across), height: Math.ceil(height * down), fit };
        const facts = { ...FACTS, scale, margin, border };
        let target: ReturnType<typeof chooseTarget>;
        try {
          target = chooseTarget(wanted as TargetSize, image, scale);
        } catch {
          return;
        }
        const reach = reductionReach(target, image, scale);
        const plan = planTiles({ ...image, workers: 2, tileSize, reach }, facts);
        const covered = new Uint8Array(target.window.width * target.window.height);
        for (const tile of orderTiles(plan, target, scale, focus)) {
          const place = placeOf(plan, target, scale, tile);
          assert.ok(place.x >= 0 && place.y >= 0);
          for (let y = place.y; y < place.y + place.height; y++) {
            for (let x = place.x; x < place.x + place.width; x++) {
              const at = y * target.window.width + x;
              covered[at] = (covered[at] as number) + 1;
            }
          }
        }
        assert.ok(covered.every((times) => times === 1));
      },
    ),
    { numRuns: 150 },
  );
});

test('a focus puts near tiles first and leaves none out', () => {
  const target = chooseTarget(undefined, IMAGE, 2);
  const plan = planTiles({ ...IMAGE, workers: 2, tileSize: 64 }, { ...FACTS, scale: 2 });
  const tiles = orderTiles(plan, target, 2, { x: 290, y: 190 });
  assert.equal(tiles[0]?.index, plan.count - 1);
  assert.equal(tiles.at(-1)?.index, 0);
  assert.equal(new Set(tiles.map(({ index }) => index)).size, plan.count);
});
