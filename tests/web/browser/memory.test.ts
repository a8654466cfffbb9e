// Many runs in one page must not make the renderer process grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { residentBytes, seesMemory } from '../support/page-memory.ts';
import { describeOnPages } from '../support/pages.ts';

const MEBIBYTE = 2 ** 20;

describeOnPages('memory', (opened) => {
  test('50 runs leave the process as large as it was', {
    skip: !seesMemory,
  }, async () => {
    const { page } = opened();
    const run = (times: number) =>
      page.evaluate(async (times) => {
        // One result is 1 MiB: a leak of one buffer a run would show as 50 MiB.
        const image = new ImageData(512, 128);
        const upscaler = await window.tessera.Upscaler.create({ workers: 2 });
        for (let i = 0; i < times; i++) await upscaler.upscale(image, { output: 'raw' });
        await upscaler.dispose();
      }, times);
    await run(10);
    const before = await residentBytes(opened());
    await run(50);
    const growth = (await residentBytes(opened())) - before;
    assert.ok(growth < 25 * MEBIBYTE, `grew by ${(growth / MEBIBYTE).toFixed(1)} MiB`);
  });
});
