// A short run of every fuzz target, with the same input each time: the seeds, and random changes of
// them. `npm run fuzz` goes on from there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { fuzzApi } from './api.ts';
import { writeSeeds } from './seeds.ts';
import { NATIVE_TARGETS, type NativeTarget, programOf, SEEDS } from './targets.ts';

/** Changed files per target. The quantizer is slow, and has enough to do with the seeds. */
const RUNS: Record<NativeTarget, number> = {
  model_file: 3000,
  model_run: 1500,
  network: 3000,
  quantizer: 0,
};
const SEQUENCES = 15;

describe('fuzz targets', () => {
  before(() => writeSeeds(SEEDS));

  for (const target of NATIVE_TARGETS) {
    test(`${target} finds nothing in its seeds and their changes`, async () => {
      const program = programOf('asan', target);
      assert.ok(existsSync(program), `${program} is not built: npm run build -- --tests`);
      const { stdout } = await promisify(execFile)(program, [SEEDS, `${RUNS[target]}`]);
      assert.match(stdout, /[1-9]\d* files and \d+ changed ones: nothing found/);
    });
  }

  test('calls of the API in random order all settle as documented', async () => {
    assert.equal(await fuzzApi({ runs: SEQUENCES, seed: 1 }), SEQUENCES);
  });
});
