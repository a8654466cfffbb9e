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
    near(found?.atHighest, 0.5);
    assert.equal(compareCurves(curve([1, 1], [2, 2]), curve([1, 3], [2, 4])), null);
  });

  test('tells where curves cross, and when one is never the smaller', () => {
    const flat = curve([100, 30], [100.001, 34]);
    const steep = curve([50, 30], [200, 34]);
    const found = compareCurves(flat, steep);
    assert.ok(Math.abs((found?.breakEven as number) - 32) < 0.03);
    assert.equal(compareCurves(curve([50, 30], [60, 34]), steep)?.atLowest, 1);
    assert.equal(compareCurves(curve([10, 30], [20, 34]), steep)?.breakEven, null);
  });

  test('settings that cost more and give less do not count', () => {
    const found = compareCurves(
      curve([100, 30], [150, 29], [400, 36]),
      curve([100, 30], [400, 36]),
    );
    near(found?.average, 1);
  });
});
