import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProgressMeter } from '../../../web/src/base/progress.ts';

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
