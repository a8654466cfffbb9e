// Many runs in one page must not make the renderer process grow.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describeOnPages, type TestPage } from '../support/pages.ts';

const MEBIBYTE = 2 ** 20;

/** Resident bytes of the page's renderer process, after garbage collection. */
async function residentBytes({ browser, page }: TestPage): Promise<number> {
  const pageSession = await page.context().newCDPSession(page);
  await pageSession.send('HeapProfiler.collectGarbage');
  await pageSession.detach();
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sizes = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return Math.max(...sizes);
}

describeOnPages('memory', (opened) => {
  test('50 runs leave the process as large as it was', {
    skip: process.platform !== 'linux',
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
