// Progress, cancellation and the end of an upscaler.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { describeOnPages } from '../support/pages.ts';

describeOnPages('runs', (opened) => {
  test('progress rises to exactly 1', async () => {
    const fractions = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create();
      const seen: number[] = [];
      await upscaler.upscale(new ImageData(300, 200), {
        tileSize: 64,
        onprogress: (fraction) => seen.push(fraction),
      });
      await upscaler.dispose();
      return seen;
    });
    assert.ok(fractions.length > 10);
    assert.ok(fractions.every((f, i) => i === 0 || f >= (fractions[i - 1] as number)));
    assert.equal(fractions.indexOf(1), fractions.length - 1);
  });

  test('an abort in the middle rejects with its reason, and the next run works', async () => {
    const outcome = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create();
      const controller = new AbortController();
      const reason = { why: 'changed my mind' };
      let tiles = 0;
      const run = upscaler.upscale(new ImageData(600, 400), {
        tileSize: 64,
        signal: controller.signal,
        onprogress: () => {
          tiles++;
          controller.abort(reason);
        },
      });
      const rejection = await run.then(
        () => undefined,
        (error) => error,
      );
      const next = await upscaler.upscale(new ImageData(20, 10));
      await upscaler.dispose();
      return { same: rejection === reason, tiles, width: next.width };
    });
    assert.deepEqual(outcome, { same: true, tiles: 1, width: 40 });
  });

  test('leaving the loop over tiles() ends the run, and the next works', async () => {
    const outcome = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create();
      let tiles = 0;
      for await (const tile of upscaler.tiles(new ImageData(600, 400), { tileSize: 64 })) {
        tiles++;
        if (tile.width > 0 && tiles === 2) break;
      }
      const next = await upscaler.upscale(new ImageData(20, 10));
      await upscaler.dispose();
      return { tiles, width: next.width };
    });
    assert.deepEqual(outcome, { tiles: 2, width: 40 });
  });

  test('dispose ends the workers; pending and later runs reject', async () => {
    const { page } = opened();
    const codes = await page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create({ workers: 2 });
      await upscaler.warmup();
      const code = (run: Promise<unknown>) =>
        run.then(
          () => 'fulfilled',
          (error) => error.code,
        );
      const pending = code(upscaler.upscale(new ImageData(400, 400)));
      await upscaler.dispose();
      return [await pending, await code(upscaler.upscale(new ImageData(1, 1)))];
    });
    assert.deepEqual(codes, ['ERR_DISPOSED', 'ERR_DISPOSED']);
    // The browser tells of a worker's end a moment after it.
    for (let wait = 0; page.workers().length > 0 && wait < 50; wait++) await setTimeout(100);
    assert.equal(page.workers().length, 0);
  });
});
