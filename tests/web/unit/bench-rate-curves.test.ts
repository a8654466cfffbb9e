import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareCurves } from '../../../bench/lib/rate-curves.ts';

const curve = (...points: [bytes: number, score: number][]) =>
  points.map(([bytes, score]) => ({ bytes, score }));

const near = (actual: number | undefined | null, expected: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-6, `${actual}, not ${expected}`);

describe('curves of bytes and scores', () => {
  test('half the bytes at every score are half on average, and pay throughout', () => {
    const found = compareCurves(
      curve([100, 30], [200, 33], [400, 36]),
      curve([50, 30], [100, 33], [200, 36]),
    );
    near(found?.average, 0.5);
    near(found?.breakEven, 36);
  });

  test('only scores that both reach are compared', () => {
    const found = compareCurves(curve([100, 30], [400, 36]), curve([50, 28], [100, 33]));
    assert.deepEqual([found?.from, found?.to], [30, 33]);
    near(found?.atBest, 0.5);
    assert.equal(compareCurves(curve([1, 1], [2, 2]), curve([1, 3], [2, 4])), null);
  });

  test('tells where curves cross, and when one is never the smaller', () => {
    const flat = curve([100, 30], [100.001, 34]);
    const steep = curve([50, 30], [200, 34]);
    const found = compareCurves(flat, steep);
    assert.ok(Math.abs((found?.breakEven as number) - 32) < 0.03);
    assert.equal(compareCurves(curve([50, 30], [60, 34]), steep)?.atWorst, 1);
    assert.equal(compareCurves(curve([10, 30], [20, 34]), steep)?.breakEven, null);
  });

  test('where lower scores are better, curves are followed downward', () => {
    // Half the bytes at 0.3, as many at 0.2, twice as many at 0.1.
    const first = curve([50, 0.3], [100, 0.2], [200, 0.1]);
    const second = curve([25, 0.3], [100, 0.2], [400, 0.1]);
    const found = compareCurves(first, second, 'lower');
    assert.deepEqual([found?.from, found?.to], [0.3, 0.1]);
    near(found?.atWorst, 0.5);
    near(found?.atBest, 2);
    assert.ok(Math.abs((found?.breakEven as number) - 0.2) < 0.002);
    // Read upward, all but the cheapest settings would be dearer and worse.
    assert.equal(compareCurves(first, second), null);
  });

  test('settings that cost more and give less do not count', () => {
    const found = compareCurves(
      curve([100, 30], [150, 29], [400, 36]),
      curve([100, 30], [400, 36]),
    );
    near(found?.average, 1);
  });
});
