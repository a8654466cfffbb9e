import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  planTiles,
  planWhole,
  type Tile,
  type TilePlan,
  type TilingFacts,
  tileAt,
  WHOLE_IMAGE_LIMIT,
} from '../../../web/src/tiling/plan.ts';

const PLAIN: TilingFacts = {
  scale: 2,
  sizeMultiple: 1,
  overlap: 6,
  tileable: true,
  notTileableBecause: '',
};

function tilesOf(plan: TilePlan): Tile[] {
  return Array.from({ length: plan.count }, (_, index) => tileAt(plan, index));
}

/** How often each pixel of the image is kept. */
function coverage(plan: TilePlan): Uint8Array {
  const { extent: width } = plan.across;
  const counts = new Uint8Array(width * plan.down.extent);
  for (const tile of tilesOf(plan)) {
    for (let y = tile.keepY; y < tile.keepY + tile.keepHeight; y++) {
      for (let x = tile.keepX; x < tile.keepX + tile.keepWidth; x++) {
        counts[y * width + x] = (counts[y * width + x] ?? 0) + 1;
      }
    }
  }
  return counts;
}

const overlaps = fc.integer({ min: 0, max: 20 });
const multiples = fc.constantFrom(1, 2, 4, 8);
const extents = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.constantFrom(1, 2, 7, 211, 255, 256, 257, 384, 385, 397, 1009),
);

const anyFacts = fc
  .record({ sizeMultiple: multiples, overlap: overlaps, scale: fc.constantFrom(1, 2, 3, 4) })
  .map(({ sizeMultiple, overlap, scale }) => ({
    ...PLAIN,
    scale,
    sizeMultiple,
    overlap: Math.ceil(overlap / sizeMultiple) * sizeMultiple,
  }));

const anyCase = fc.record({
  facts: anyFacts,
  width: extents,
  height: extents,
  workers: fc.integer({ min: 1, max: 9 }),
  extraTile: fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
});

/** Runs a check on the plans of many images, networks and tile sizes. */
function checkPlans(check: (plan: TilePlan, facts: TilingFacts) => void): void {
  fc.assert(
    fc.property(anyCase, ({ facts, width, height, workers, extraTile }) => {
      const smallest = 2 * facts.overlap + facts.sizeMultiple;
      const tileSize = extraTile === undefined ? undefined : smallest + extraTile;
      const plan = planTiles({ width, height, workers, tileSize }, facts);
      if (tileSize !== undefined) {
        assert.ok(plan.across.tile <= Math.max(tileSize, smallest));
        assert.ok(plan.down.tile <= Math.max(tileSize, smallest));
      }
      check(plan, facts);
    }),
    { numRuns: 400 },
  );
}

test('every pixel is kept exactly once', () => {
  checkPlans((plan) => assert.ok(coverage(plan).every((count) => count === 1)));
});

test('no tile reaches over the edge of the padded image', () => {
  checkPlans((plan, facts) => {
    for (const tile of tilesOf(plan)) {
      assert.ok(tile.x >= 0 && tile.x + plan.across.tile <= plan.across.padded);
      assert.ok(tile.y >= 0 && tile.y + plan.down.tile <= plan.down.padded);
    }
    assert.ok(plan.across.padded - plan.across.extent < facts.sizeMultiple);
  });
});

test('what is kept is an overlap away from every tile edge that is not an image edge', () => {
  checkPlans((plan, { overlap }) => {
    for (const tile of tilesOf(plan)) {
      const right = tile.x + plan.across.tile;
      const bottom = tile.y + plan.down.tile;
      if (tile.x > 0) assert.ok(tile.keepX - tile.x >= overlap);
      if (tile.y > 0) assert.ok(tile.keepY - tile.y >= overlap);
      if (right < plan.across.padded) assert.ok(right - tile.keepX - tile.keepWidth >= overlap);
      if (bottom < plan.down.padded) assert.ok(bottom - tile.keepY - tile.keepHeight >= overlap);
    }
  });
});

test('tile extents and origins are multiples of what the network takes', () => {
  checkPlans((plan, { sizeMultiple }) => {
    for (const tile of tilesOf(plan)) {
      for (const length of [tile.x, tile.y, plan.across.tile, plan.down.tile]) {
        assert.equal(length % sizeMultiple, 0);
      }
    }
  });
});

test('an image smaller than a tile is one tile of its own size', () => {
  const plan = planTiles({ width: 33, height: 1, workers: 8 }, PLAIN);
  assert.deepEqual([plan.count, plan.across.tile, plan.down.tile], [1, 33, 1]);
});

test('one pixel more than a tile makes two tiles', () => {
  const plan = planTiles({ width: 65, height: 64, workers: 1, tileSize: 64 }, PLAIN);
  assert.deepEqual([plan.across.count, plan.down.count], [2, 1]);
});

test('a large image without a chosen tile size stays within the default edge', () => {
  const plan = planTiles({ width: 6000, height: 4000, workers: 4 }, PLAIN);
  assert.ok(plan.across.tile <= 256 && plan.down.tile <= 256);
  // Not much more work than the pixels themselves: the rest is overlap.
  assert.ok((plan.count * plan.across.tile * plan.down.tile) / (6000 * 4000) < 1.13);
});

test('tiles grow with the overlap, within limits', () => {
  const edge = (overlap: number) => {
    const plan = planTiles({ width: 6000, height: 4000, workers: 4 }, { ...PLAIN, overlap });
    return Math.max(plan.across.tile, plan.down.tile);
  };
  const within = (value: number, least: number, most: number) =>
    assert.ok(value >= least && value <= most, `${value} is not within ${least} to ${most}`);
  within(edge(6), 230, 256);
  within(edge(18), 320, 360);
  within(edge(36), 340, 384);
  within(edge(100), 540, 600);
});

test('a medium image feeds all workers evenly', () => {
  const plan = planTiles({ width: 256, height: 256, workers: 2 }, PLAIN);
  assert.equal(plan.count % 2, 0);
});

test('a tile size without room beside the overlap is refused', () => {
  const run = () => planTiles({ width: 100, height: 100, workers: 1, tileSize: 12 }, PLAIN);
  assert.throws(run, { name: 'RangeError', message: /at least 13 pixels/ });
});

test('a network that sees the whole image gets one tile, up to a limit', () => {
  const facts = { ...PLAIN, tileable: false, notTileableBecause: 'GlobalAveragePool' };
  assert.equal(planTiles({ width: 800, height: 600, workers: 4 }, facts).count, 1);
  assert.throws(() => planTiles({ width: 2000, height: 2000, workers: 4 }, facts), {
    code: 'ERR_UNSUPPORTED',
    message: /GlobalAveragePool/,
  });
});

test('a patch is one tile, up to a limit', () => {
  assert.equal(planWhole(1024, 1024, PLAIN).count, 1);
  assert.throws(() => planWhole(1025, 1024, PLAIN), {
    code: 'ERR_UNSUPPORTED',
    details: { pixels: 1025 * 1024, limit: WHOLE_IMAGE_LIMIT },
  });
});
