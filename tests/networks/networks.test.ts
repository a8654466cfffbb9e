// Networks as exporters write them, in the two most telling forms of each: beside ONNX Runtime and in
// tiles, and some of them in int8. `npm run test:networks` runs all forms, and all in int8.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAll, tellingJobs } from './run-all.ts';
import { NETWORKS } from './zoo/index.ts';

/** Those that lose most by it, and one of each kind of gate. */
const QUANTIZED = [
  ...['ffdnet', 'waifu2x-vgg7', 'waifu2x-cunet', 'quicksrnet-x1.5', 'fsrcnn-x2'],
  ...['espcn-luma-x3', 'span-x4', 'rfdn-x4', 'safmn-x4', 'nafnet'],
];

test('networks give what ONNX Runtime gives, whole and in tiles', async () => {
  const jobs = tellingJobs(NETWORKS, QUANTIZED);
  assert.ok(new Set(jobs.map(({ network }) => network.name)).size >= 100);
  const verdicts = await runAll(jobs, () => {});
  assert.equal(verdicts.length, jobs.length);
  const measured = verdicts.filter(({ row }) => row.int8_psnr !== null);
  assert.equal(measured.length, QUANTIZED.length);
  const failed = verdicts.flatMap(({ row, faults }) =>
    faults.length > 0 ? [`${row.name} ${row.form}: ${faults.join('; ')}`] : [],
  );
  assert.deepEqual(failed, []);
});
