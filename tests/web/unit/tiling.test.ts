import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type TilingFacts, tileBytes } from '../../../web/src/tiling/overlap.ts';
import {
  enlarged,
  planTiles,
  planWhole,
  type Tile,
  type TilePlan,
  tileAt,
  WHOLE_IMAGE_LIMIT,
} from '../../../web/src/tiling/plan.ts';
import {
  columnsOf,
  differenceOf,
  probeDifference,
  probePicture,
  probePlans,
  worstOf,
} from '../../../web/src/tiling/probe.ts';
import type { PixelSource, RawImage } from '../../../web/src/types.ts';
import { PLAIN } from '../support/tiling-facts.ts';

const MEGABYTE = 2 ** 20;

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
  .record({
    sizeMultiple: multiples,
    overlap: overlaps,
    margin: fc.nat(20),
    border: fc.nat(20),
    smallest: fc.nat(40),
    scale: fc.constantFrom(1, 2, 3, 4),
  })
  .map(({ sizeMultiple, overlap, margin, border, smallest, scale }) => {
    const multiple = (value: number) => Math.ceil(value / sizeMultiple) * sizeMultiple;
    return {
      ...PLAIN,
      scale,
      sizeMultiple,
      wholeMultiple: sizeMultiple,
      overlap: multiple(overlap),
      margin: Math.min(margin, multiple(overlap)),
      border: Math.min(border, Math.max(0, multiple(overlap) - margin)),
      smallest: multiple(Math.max(1, smallest)),
    };
  });

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
      const smallest = Math.max(2 * facts.overlap + facts.sizeMultiple, facts.smallest);
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
      const [x, y] = [tile.x + plan.frame, tile.y + plan.frame];
      assert.ok(x >= 0 && x + plan.across.tile <= plan.across.padded);
      assert.ok(y >= 0 && y + plan.down.tile <= plan.down.padded);
    }
    const { padded, extent } = plan.across;
    assert.ok(padded === facts.smallest || padded - extent - 2 * plan.frame < facts.sizeMultiple);
  });
});

test('what is kept is an overlap away from every tile edge that is not an image edge', () => {
  checkPlans((plan, { overlap }) => {
    const { frame } = plan;
    for (const tile of tilesOf(plan)) {
      const right = tile.x + plan.across.tile;
      const bottom = tile.y + plan.down.tile;
      const atRight = right === plan.across.padded - frame;
      const atBottom = bottom === plan.down.padded - frame;
      assert.ok(tile.keepX - tile.x >= (tile.x === -frame ? frame : overlap));
      assert.ok(tile.keepY - tile.y >= (tile.y === -frame ? frame : overlap));
      assert.ok(right - tile.keepX - tile.keepWidth >= (atRight ? frame : overlap));
      assert.ok(bottom - tile.keepY - tile.keepHeight >= (atBottom ? frame : overlap));
    }
  });
});

test('tile extents and origins are multiples of what the network takes', () => {
  checkPlans((plan, { sizeMultiple, smallest }) => {
    const { frame } = plan;
    for (const tile of tilesOf(plan)) {
      for (const length of [tile.x + frame, tile.y + frame, plan.across.tile, plan.down.tile]) {
        assert.equal(length % sizeMultiple, 0);
      }
    }
    assert.ok(plan.across.tile >= smallest && plan.down.tile >= smallest);
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

describe('a network that looks at the whole image', () => {
  const facts = { ...PLAIN, overlap: 40, exact: false, notExactBecause: 'GlobalAveragePool' };

  test('gets one tile while that fits the memory, and many otherwise', () => {
    const small = planTiles({ width: 700, height: 500, workers: 4 }, facts);
    assert.deepEqual([small.count, small.exact], [1, true]);
    const large = planTiles({ width: 2000, height: 2000, workers: 4 }, facts);
    assert.ok(large.count > 1);
    assert.equal(large.exact, false);
    assert.equal(large.notExactBecause, 'GlobalAveragePool');
    assert.ok(large.overlap >= 8 && large.overlap <= 32);
  });

  test('runs in one piece when that is asked for, up to a limit', () => {
    const request = { width: 800, height: 1000, workers: 4, overlap: 'exact' as const };
    assert.equal(planTiles(request, facts).count, 1);
    assert.throws(() => planTiles({ ...request, width: 2000 }, facts), {
      code: 'ERR_UNSUPPORTED',
      message: /GlobalAveragePool.*without overlap 'exact'/,
    });
  });

  test('overlaps by what the caller names', () => {
    const plan = planTiles({ width: 700, height: 500, workers: 4, overlap: 50 }, facts);
    assert.ok(plan.count > 1);
    assert.equal(plan.overlap, 50);
  });
});

describe('an overlap that is wide beside what memory allows', () => {
  const tileMemory = { fixed: 0, perPixel: 9000, perSquaredPixel: 0 };
  const deep = { ...PLAIN, overlap: 349, scale: 4, tileMemory };

  test('is narrowed, and tiles fit the memory', () => {
    const plan = planTiles({ width: 512, height: 512, workers: 2 }, deep);
    assert.equal(plan.exact, false);
    assert.match(plan.notExactBecause, /349 away/);
    assert.ok(plan.overlap >= 8 && plan.overlap <= 32);
    const pixels = plan.across.tile * plan.down.tile;
    assert.ok(tileBytes(tileMemory, pixels) <= 64 * MEGABYTE);
    // At least 2/5 of the work is kept.
    assert.ok((512 * 512) / (plan.count * pixels) > 0.4);
  });

  test('is kept when it is asked for', () => {
    const plan = planTiles({ width: 3000, height: 512, workers: 2, overlap: 'exact' }, deep);
    assert.equal(plan.exact, true);
    assert.equal(plan.overlap, 349);
    assert.ok(plan.across.count > 1);
  });
});

test('tiles of a network that enlarges first are as small as its large tensors ask for', () => {
  const facts = { ...PLAIN, tileMemory: { fixed: 0, perPixel: 8000, perSquaredPixel: 0 } };
  const { across, down, exact } = planTiles({ width: 256, height: 256, workers: 1 }, facts);
  assert.ok(exact);
  assert.ok(tileBytes(facts.tileMemory, across.tile * down.tile) <= 64 * MEGABYTE);
});

test('tiles get what many weights leave of the memory, and some at least', () => {
  const tileMemory = { fixed: 0, perPixel: 9000, perSquaredPixel: 0 };
  const bytesWith = (parameters: number) => {
    const facts = { ...PLAIN, overlap: 349, tileMemory, parameters };
    const { across, down } = planTiles({ width: 4096, height: 4096, workers: 1 }, facts);
    return tileBytes(tileMemory, across.tile * down.tile) / MEGABYTE;
  };
  assert.ok(bytesWith(1e6) > 56);
  const beside = bytesWith(17e6);
  assert.ok(beside > 24 && beside + (17e6 * 8) / MEGABYTE <= 160);
  assert.ok(bytesWith(60e6) > 18);
});

test('memory that grows with the square of the pixels bounds a tile too', () => {
  const facts = { ...PLAIN, tileMemory: { fixed: 0, perPixel: 100, perSquaredPixel: 4 } };
  const { across, down } = planTiles({ width: 256, height: 256, workers: 1 }, facts);
  assert.ok(tileBytes(facts.tileMemory, across.tile * down.tile) <= 64 * MEGABYTE);
});

test('a network of a fixed size gets tiles of that size only', () => {
  const facts = { ...PLAIN, fixedWidth: 64, fixedHeight: 48 };
  for (const [width, height] of [
    [10, 10],
    [64, 48],
    [65, 200],
  ] as const) {
    const plan = planTiles({ width, height, workers: 3, tileSize: 500 }, facts);
    assert.deepEqual([plan.across.tile, plan.down.tile], [64, 48]);
    assert.ok(coverage(plan).every((count) => count === 1));
    assert.ok(tilesOf(plan).every((tile) => tile.x >= 0 && tile.y >= 0));
  }
  assert.throws(() => planWhole(65, 40, facts), { code: 'ERR_UNSUPPORTED', message: /64x48/ });
});

test('one piece keeps the size of its image where the network takes it', () => {
  const facts = { ...PLAIN, sizeMultiple: 8, wholeMultiple: 1, exact: false };
  const plan = planTiles({ width: 101, height: 53, workers: 2 }, facts);
  assert.deepEqual([plan.count, plan.across.tile, plan.down.tile], [1, 101, 53]);
  const cut = planTiles({ width: 101, height: 53, workers: 2, tileSize: 48 }, facts);
  assert.deepEqual([cut.across.padded, cut.down.padded], [104, 56]);
});

test('a fraction of a scale leaves away what is no whole pixel', () => {
  assert.equal(enlarged(101, 3 / 2), 151);
  assert.equal(enlarged(3, 4 / 3), 4);
  assert.equal(enlarged(49, 8 / 7), 56);
});

describe('a probe for seams', () => {
  const needs = { sizeMultiple: 4, wholeMultiple: 4, smallest: 20 };
  const facts = { ...PLAIN, ...needs, margin: 3, overlap: 8 };
  const plan = planTiles({ width: 1000, height: 800, workers: 2, overlap: 8 }, facts);
  const rawOf = ({ data, ...extents }: PixelSource): RawImage => ({
    data: new Uint8ClampedArray(data),
    ...extents,
  });

  test('is a row of tiles of the shape that it stands for, and the same in one piece', () => {
    const { tiled, other, shift } = probePlans(plan, facts);
    assert.deepEqual([tiled.count, tiled.across.tile], [8, plan.across.tile]);
    assert.ok(coverage(tiled).every((count) => count === 1));
    assert.equal(tiled.across.padded, 8 * (plan.across.tile - 16) + 16);
    assert.deepEqual([other.count, other.across.tile, shift], [1, tiled.across.padded, 0]);
    assert.equal(other.across.extent, tiled.across.extent);
  });

  test('ends inside a tile where one piece keeps the size of the image', () => {
    const { tiled, other } = probePlans(plan, { ...facts, wholeMultiple: 1 });
    assert.equal(tiled.across.padded - tiled.across.extent, 2 * facts.margin + 3);
    assert.equal(other.across.padded, tiled.across.padded - 3);
    assert.equal(other.across.extent, tiled.across.extent);
    assert.equal(other.down.extent, tiled.down.extent);
  });

  test('has fewer tiles where one piece would need too much memory', () => {
    const tileMemory = { fixed: 0, perPixel: 100, perSquaredPixel: 1 };
    const hungry = { ...facts, tileMemory };
    const small = planTiles({ width: 1000, height: 800, workers: 2, tileSize: 72 }, hungry);
    const { other } = probePlans(small, hungry);
    assert.ok(probePlans(small, facts).tiled.count > probePlans(small, hungry).tiled.count);
    assert.ok(tileBytes(tileMemory, other.across.tile * other.down.tile) <= 128 * MEGABYTE);
  });

  test('of one size only is cut a second time, elsewhere, and compared where both have the same', () => {
    const fixed = { ...facts, fixedWidth: 64, fixedHeight: 48 };
    const own = planTiles({ width: 1000, height: 800, workers: 1, overlap: 8 }, fixed);
    const plans = probePlans(own, fixed);
    const { tiled, other, shift } = plans;
    assert.deepEqual([other.across.tile, other.down.tile, shift], [64, 48, 24]);
    assert.equal(other.across.extent, tiled.across.extent - shift);
    assert.ok(coverage(other).every((count) => count === 1));
    const picture = rawOf(probePicture('colours', tiled.across.extent, 42, tiled.count));
    const rest = columnsOf(picture, shift, picture.width - shift);
    assert.deepEqual(probeDifference(plans, picture, rest, 1), { max: 0, mean: 0 });
    const off = columnsOf(picture, shift - 1, picture.width - shift);
    assert.ok(probeDifference(plans, picture, off, 1).max > 200);
  });

  test('has plain tiles with few marks, and one tile that is unlike all others', () => {
    const mean = (picture: PixelSource, tile: number, channel: number) => {
      const { data } = columnsOf(picture, tile * 100, 100);
      const all = data.filter((_, i) => i % 4 === channel);
      return all.reduce((sum, byte) => sum + byte, 0) / all.length;
    };
    const red = probePicture('one red of cyan', 800, 48, 8);
    assert.ok(mean(red, 1, 0) > 200 && mean(red, 1, 1) < 50);
    assert.ok(mean(red, 2, 0) < 50 && mean(red, 2, 1) > 200);
    const plain = probePicture('one plain of busy', 800, 48, 8);
    assert.ok(mean(plain, 1, 0) < 50 && mean(plain, 1, 2) > 200);
    assert.ok(Math.abs(mean(plain, 5, 0) - mean(plain, 5, 2)) < 20);
    const colours = probePicture('colours', 800, 48, 8);
    const grounds = Array.from({ length: 8 }, (_, i) =>
      [0, 1, 2].map((channel) => (mean(colours, i, channel) > 128 ? 1 : 0)).join(''),
    );
    assert.equal(new Set(grounds).size, 8);
  });

  test('says the worst of what was measured, and never less than a level', () => {
    const picture = probePicture('colours', 60, 48, 3);
    const raw = rawOf(picture);
    const { data, ...extents } = raw;
    const other = {
      data: data.map((byte, i) => (i === 0 ? Math.abs(byte - 6) : byte)),
      ...extents,
    };
    const difference = differenceOf(raw, other);
    assert.deepEqual([difference.max, Math.round(difference.mean * 60 * 48 * 3)], [6, 6]);
    assert.deepEqual(worstOf([{ max: 2, mean: 1 }, difference]), { max: 8, mean: 1 });
    assert.deepEqual(worstOf([{ max: 0, mean: 0 }]), { max: 1, mean: 0 });
  });
});

test('where rows of tiles are received, those of a wide result are low, and as large', () => {
  const request = { width: 5000, height: 5000, workers: 2 };
  const square = planTiles(request, PLAIN);
  const low = planTiles({ ...request, inRows: true }, PLAIN);
  const rowBytes = ({ down, overlap }: TilePlan) => (down.tile - 2 * overlap) * 2 * 10_000 * 4;
  assert.ok(rowBytes(square) > 18 * MEGABYTE);
  assert.ok(rowBytes(low) <= 6 * MEGABYTE);
  assert.ok(low.across.tile * low.down.tile > 0.9 * square.across.tile * square.down.tile);
  assert.ok(coverage(low).every((count) => count === 1));
  // Where a row is small anyway, where somebody has chosen, and where a lower tile would be mostly overlap.
  for (const [more, facts] of [
    [{ width: 800 }, PLAIN],
    [{ tileSize: 200 }, PLAIN],
    [{}, { ...PLAIN, fixedWidth: 64, fixedHeight: 64 }],
  ] as const) {
    const plain = planTiles({ ...request, ...more }, facts);
    assert.deepEqual(planTiles({ ...request, ...more, inRows: true }, facts), plain);
  }
  const far = planTiles({ ...request, inRows: true }, { ...PLAIN, overlap: 40 });
  assert.ok(far.down.tile >= 6 * 40 - 8, `${far.down.tile}`);
});

test('a patch is one tile, up to a limit', () => {
  assert.equal(planWhole(1024, 1024, PLAIN).count, 1);
  assert.throws(() => planWhole(1025, 1024, PLAIN), {
    code: 'ERR_UNSUPPORTED',
    details: { pixels: 1025 * 1024, limit: WHOLE_IMAGE_LIMIT },
  });
});
