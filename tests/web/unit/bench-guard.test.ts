import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toolchainOf } from '../../../bench/guard/toolchain.ts';
import { judge, judgeSuite, type Suite, sharedKernels } from '../../../bench/lib/guard.ts';
import type { Entry } from '../../../bench/lib/summary.ts';
import { ROOT, TOOLCHAIN } from '../../../scripts/lib/paths.mjs';

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

  test('lets pass what is as fast at its fastest', () => {
    const busy = [{ base: 100, work: 110 }, ...pairs(108, 112, 120), { base: 104, work: 100 }];
    assert.equal(judge(busy, 0.03).fastest, 1);
    assert.equal(judge(busy, 0.03).slower, false);
  });

  test('needs rounds', () => {
    assert.throws(() => judge([], 0.03), RangeError);
  });
});

/** A suite that has these times of the work tree each time it is asked, the base's being 100. */
function suiteOf(looks: Record<string, number>[]): Suite & { asked: string[][] } {
  const asked: string[][] = [];
  return {
    sort: 'kernel',
    names: Object.keys(looks[0] as object),
    asked,
    async measure(names) {
      const look = looks[asked.length] ?? {};
      asked.push([...names]);
      return new Map(
        names.flatMap((name) => (name in look ? [[name, pairs(look[name] as number)]] : [])),
      );
    },
  };
}

describe("the guard's second look", () => {
  test('is taken at what seems slower, and decides', async () => {
    const suite = suiteOf([
      { a: 120, b: 100, c: 110 },
      { a: 101, c: 109 },
    ]);
    const verdicts = await judgeSuite(suite, 0.03);
    assert.deepEqual(suite.asked, [
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
    assert.deepEqual(
      verdicts.map(({ name, ratio, slower }) => [name, ratio, slower]),
      [
        ['a', 1.01, false],
        ['b', 1, false],
        ['c', 1.09, true],
      ],
    );
  });

  test('is not taken where nothing seems slower', async () => {
    const suite = suiteOf([{ a: 100, b: 90 }]);
    const verdicts = await judgeSuite(suite, 0.03);
    assert.equal(suite.asked.length, 1);
    assert.ok(verdicts.every(({ sort, slower }) => sort === 'kernel' && !slower));
  });

  test('what was not measured does not pass', async () => {
    const suite = { ...suiteOf([{ a: 100 }]), names: ['a', 'b'] };
    await assert.rejects(judgeSuite(suite, 0.03), RangeError);
  });
});

describe('kernels that are compared', () => {
  const entry = (who: string, layer: string, multiplications: number): Entry => ({
    ...{ name: `${who}/${layer}`, who, type: 'int8', layer },
    ...{ multiplications, realMultiplications: multiplications },
  });

  test('are ours, in both programs, and on layers of the same size', () => {
    const base = [entry('tessera', 'a', 1), entry('tessera', 'b', 1), entry('xnnpack', 'a', 1)];
    const work = [entry('tessera', 'a', 1), entry('tessera', 'b', 2), entry('xnnpack', 'a', 1)];
    const names = sharedKernels(base, [...work, entry('tessera', 'new', 1)]).map((e) => e.name);
    assert.deepEqual(names, ['tessera/a']);
  });
});

describe("a checkout's tool chain", () => {
  test('is ours where builds of XNNPACK are shared', () => {
    assert.equal(toolchainOf(ROOT), TOOLCHAIN);
  });

  test('is its own where they belong to one checkout, with links to all but the builds', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tessera-guard-'));
    const [folder, shared] = [join(scratch, 'checkout'), join(scratch, 'shared')];
    try {
      for (const name of ['build', 'sources']) mkdirSync(join(shared, name), { recursive: true });
      mkdirSync(join(folder, 'cmake'), { recursive: true });
      const old = '(arguments -S $' + '{CMAKE_CURRENT_LIST_DIR}/xnnpack -B $' + '{XNNPACK_BUILD})';
      writeFileSync(join(folder, 'cmake', 'Xnnpack.cmake'), old);
      for (let again = 0; again < 2; again++) {
        assert.equal(toolchainOf(folder, shared), join(folder, '.toolchain'));
        assert.deepEqual(readdirSync(join(folder, '.toolchain')), ['sources']);
      }
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
