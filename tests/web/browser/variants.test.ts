import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnPages, failure } from '../support/pages.ts';

describeOnPages('variants', (opened, isolated) => {
  const variants = isolated
    ? (['auto', 'simd', 'relaxed', 'simd-mt', 'relaxed-mt'] as const)
    : (['auto', 'simd', 'relaxed'] as const);

  test('the page is what it claims to be', async () => {
    assert.equal(await opened().page.evaluate(() => crossOriginIsolated), isolated);
  });

  for (const variant of variants) {
    test(`${variant} upscales and says why it was chosen`, async () => {
      const { info, size } = await opened().page.evaluate(async (variant) => {
        const upscaler = await window.tessera.Upscaler.create({ variant, workers: 2 });
        const data = new Uint8ClampedArray(40 * 30 * 4).fill(128);
        const image = await upscaler.upscale(new ImageData(data, 40, 30));
        const { info } = upscaler;
        await upscaler.dispose();
        return { info, size: [image.width, image.height] };
      }, variant);
      assert.equal(info.variant, variant === 'auto' ? 'relaxed' : variant);
      assert.ok(info.reason.length > 0);
      assert.deepEqual(size, [80, 60]);
    });
  }

  test('threads without isolation are refused with the way out', { skip: isolated }, async () => {
    const error = await failure(opened(), () =>
      window.tessera.Upscaler.create({ variant: 'relaxed-mt' }),
    );
    assert.equal(error.code, 'ERR_UNSUPPORTED');
    assert.match(error.message, /isolat/i);
  });
});
