import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../../bench/lib/guard.ts';

const pairs = (...works: number[]) => works.map((work) => ({ base: 100, work }));

describe('the guard', () => {
  test('fails for a loss in nearly all rounds', () => {
    assert.equal(judge(pairs(106, 105, 107, 104, 106, 101, 108, 105), 0.03).slower, true);
  });

  test('lets pass what is within the tolerance, and gains', () => {
    assert.equal(judge(pairs(102, 101, 102, 102), 0.03).slower, false);
    assert.equal(judge(pairs(80, 81, 79, 80), 0.03).slower, false);
  });

  test('lets pass a median that only some rounds agree with', () => {
    assert.equal(judge(pairs(90, 92, 120, 130, 91, 125, 140, 96), 0.03).slower, false);
  });

  test('needs rounds', () => {
    assert.throws(() => judge([], 0.03), RangeError);
  });
});
