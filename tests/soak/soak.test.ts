// A soak of some seconds, and how curves are judged. `npm run soak` goes on for as long as one likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seesMemory } from '../web/support/page-memory.ts';
import { flatnessOf, sparkline } from './flatness.ts';
import { runSoak } from './soak.ts';

test('a curve is flat when its last third is no higher than its first', () => {
  assert.ok(flatnessOf([90, 100, 250, 80, 101, 70]).growth < 0.02);
  assert.ok(flatnessOf([100, 100, 100, 100, 100, 103]).growth > 0.02);
  assert.throws(() => flatnessOf([1, 2]), RangeError);
});

test('a curve as text is as high as its samples', () => {
  assert.equal(sparkline([1, 8, 4], 3), '▂█▅');
  assert.equal(sparkline([8, 8, 0, 1], 2), '█▂');
});

test('deeds of every kind settle as documented', { skip: !seesMemory }, async () => {
  const { counts, failures, samples } = await runSoak({
    minutes: 0.04,
    roundSeconds: 3,
    seed: 1,
    workers: 2,
  });
  assert.deepEqual(failures, []);
  assert.ok((counts.upscale ?? 0) > 0 && (counts.abort ?? 0) > 0, JSON.stringify(counts));
  assert.ok(samples.every((bytes) => bytes > 0));
});
