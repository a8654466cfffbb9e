// Networks as exporters write them, in the two most telling forms of each, in float: beside ONNX
// Runtime and in tiles. `npm run test:networks` runs all forms, and int8.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAll, tellingJobs } from './run-all.ts';
import { NETWORKS } from './zoo/index.ts';

test('networks give what ONNX Runtime gives, whole and in tiles', async () => {
  const jobs = tellingJobs(NETWORKS);
  assert.ok(new Set(jobs.map(({ network }) => network.name)).size >= 100);
  const verdicts = await runAll(jobs, () => {});
  assert.equal(verdicts.length, jobs.length);
  const failed = verdicts.flatMap(({ row, faults }) =>
    faults.length > 0 ? [`${row.name} ${row.form}: ${faults.join('; ')}`] : [],
  );
  assert.deepEqual(failed, []);
});
