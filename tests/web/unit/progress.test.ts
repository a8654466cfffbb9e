import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProgressMeter } from '../../../web/src/base/progress.ts';

test('what comes with a report is told even where the fraction is behind', () => {
  const seen: [number, string][] = [];
  const meter = new ProgressMeter<[string]>((fraction, what) => seen.push([fraction, what]));
  meter.update(9, 10, 'part');
  meter.update(5, 10, 'tile');
  meter.finish('last');
  assert.deepEqual(seen, [
    [0.9, 'part'],
    [0.9, 'tile'],
    [1, 'last'],
  ]);
});

test('progress never falls and reaches 1 once, last', () => {
  const reports = fc.array(fc.tuple(fc.nat(120), fc.nat(100)));
  fc.assert(
    fc.property(reports, (updates) => {
      const seen: number[] = [];
      const meter = new ProgressMeter<[]>((fraction) => seen.push(fraction));
      for (const [done, total] of updates) meter.update(done, total);
      meter.finish();
      meter.finish();
      assert.equal(seen.filter((fraction) => fraction === 1).length, 1);
      assert.equal(seen.at(-1), 1);
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
    }),
  );
});
