// Workers that really die in the middle of a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnPages } from '../support/pages.ts';

const deaths = {
  'throws an uncaught error': 'void setTimeout(() => { throw new Error("killed by the test"); })',
  'closes itself without a word': 'self.close()',
};

describeOnPages('a lost worker', (opened) => {
  for (const [name, death] of Object.entries(deaths)) {
    test(`that ${name} is replaced, and no pixel differs`, async () => {
      const { page } = opened();
      const allEqual = page.evaluate(async () => {
        const data = Uint8ClampedArray.from({ length: 400 * 300 * 4 }, (_, i) =>
          i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24,
        );
        const image = new ImageData(data, 400, 300);
        const upscaler = await window.tessera.Upscaler.create({ workers: 2, timeout: 3000 });
        const undisturbed = await upscaler.upscale(image, { output: 'raw' });
        let tiles = 0;
        const disturbed = await upscaler.upscale(image, {
          output: 'raw',
          tileSize: 40,
          onprogress: () => {
            tiles++;
            if (tiles === 3) document.title = 'kill';
          },
        });
        await upscaler.dispose();
        return undisturbed.data.every((byte, i) => byte === disturbed.data[i]);
      });
      await page.waitForFunction(() => document.title === 'kill', null, { polling: 10 });
      const victims = page.workers();
      // A worker that dies while it is asked cannot answer: that is no failure of the test.
      await victims[0]?.evaluate(death).catch(() => undefined);
      assert.equal(await allEqual, true);
      assert.equal(victims.length, 2);
      await page.evaluate(() => {
        document.title = '';
      });
    });
  }

  test('a tile that kills every worker is given up with a crash, and nothing hangs', async () => {
    const { page } = opened();
    // A real worker that dies of an uncaught error whenever it is handed a tile: imports run in
    // order, so that this listener comes before the worker's own.
    const scripts = {
      '/fragile-worker.mjs': `import '/fragile.mjs'; import '/worker.mjs';`,
      '/fragile.mjs': `addEventListener('message', (event) => {
        if (event.data.type !== 'tile') return;
        event.stopImmediatePropagation();
        throw new Error('killed by the test');
      });`,
    };
    for (const [path, body] of Object.entries(scripts)) {
      const headers = { 'Cross-Origin-Embedder-Policy': 'require-corp' };
      const answer = { contentType: 'text/javascript', headers, body };
      await page.route(`**${path}`, (route) => route.fulfill(answer));
    }
    const outcome = await page.evaluate(async () => {
      let spawned = 0;
      const createWorker = () => {
        spawned++;
        return new Worker('/fragile-worker.mjs', { type: 'module' });
      };
      const upscaler = await window.tessera.Upscaler.create({ workers: 1, createWorker });
      const code = await upscaler.upscale(new ImageData(30, 20)).then(
        () => 'fulfilled',
        (error) => error.code,
      );
      await upscaler.dispose();
      return { code, spawned };
    });
    assert.deepEqual(outcome, { code: 'ERR_WORKER_CRASHED', spawned: 2 });
  });
});
