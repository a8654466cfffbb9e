// Every kind of input and output carries the same pixels; transparency survives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnPages } from '../support/pages.ts';

describeOnPages('formats', (opened) => {
  test('inputs and outputs of every kind agree', async () => {
    const agreement = await opened().page.evaluate(async (url) => {
      const upscaler = await window.tessera.Upscaler.create();
      const blob = await (await fetch(url)).blob();
      const bitmap = await createImageBitmap(blob);
      const canvas = document.createElement('canvas');
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.drawImage(bitmap, 0, 0);
      const imageData = context.getImageData(0, 0, canvas.width, canvas.height);
      const element = new Image();
      element.src = url;
      const { data, width, height } = imageData;
      const raw = { data, width, height };
      const inputs = { url, blob, bitmap, canvas, element, imageData, raw };

      const expected = await upscaler.upscale(url, { output: 'raw' });
      const same = (other: { data: Uint8ClampedArray }) =>
        expected.data.length === other.data.length &&
        expected.data.every((byte, i) => byte === other.data[i]);
      const pixelsOf = (source: CanvasImageSource) => {
        const copy = new OffscreenCanvas(expected.width, expected.height);
        const copyContext = copy.getContext('2d') as OffscreenCanvasRenderingContext2D;
        copyContext.drawImage(source, 0, 0);
        return copyContext.getImageData(0, 0, expected.width, expected.height);
      };

      const agreement: Record<string, boolean> = {};
      for (const [name, input] of Object.entries(inputs)) {
        agreement[`input ${name}`] = same(await upscaler.upscale(input, { output: 'raw' }));
      }
      const outBitmap = await upscaler.upscale(url, { output: 'imagebitmap' });
      const outCanvas = await upscaler.upscale(url, { output: 'canvas' });
      const outBlob = await upscaler.upscale(url, { output: 'blob' });
      agreement['output imagedata'] = same(await upscaler.upscale(url, { output: 'imagedata' }));
      agreement['output imagebitmap'] = same(pixelsOf(outBitmap));
      agreement['output canvas'] = same(pixelsOf(outCanvas));
      agreement['output blob'] = same(pixelsOf(await createImageBitmap(outBlob)));
      await upscaler.dispose();
      return agreement;
    }, '/demo/sample.webp');
    assert.equal(Object.keys(agreement).length, 11);
    for (const [name, agrees] of Object.entries(agreement)) assert.ok(agrees, name);
  });

  test('an image that is read in several bands is read whole', async () => {
    const same = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny' });
      const canvas = new OffscreenCanvas(1500, 1500);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      for (let i = 0; i < 500; i++) {
        context.fillStyle = `hsl(${7 * i} 60% 50%)`;
        context.fillRect((977 * i) % 1500, (613 * i) % 1500, 150, 100);
      }
      const blob = await canvas.convertToBlob();
      const element = new Image();
      element.src = URL.createObjectURL(blob);
      const [expected, ...others] = await Promise.all(
        [context.getImageData(0, 0, 1500, 1500), blob, element].map((input) =>
          upscaler.upscale(input, { output: 'raw' }),
        ),
      );
      await upscaler.dispose();
      return others.map(({ data }) => data.every((byte, i) => byte === expected?.data[i]));
    });
    assert.deepEqual(same, [true, true]);
  });

  test('a cut-out keeps its alpha, and no dark halo appears', async () => {
    const { darkest, transparent } = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create();
      const size = 48;
      const image = new ImageData(size, size);
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const inside = Math.hypot(x - size / 2, y - size / 2) < 16;
          // Outside, black under full transparency, as most editors leave it.
          image.data.set(inside ? [240, 200, 40, 255] : [0, 0, 0, 0], 4 * (y * size + x));
        }
      }
      const { data } = await upscaler.upscale(image, { output: 'raw' });
      await upscaler.dispose();
      let darkest = 255;
      let transparent = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 0) transparent++;
        else darkest = Math.min(darkest, data[i] as number);
      }
      return { darkest, transparent };
    });
    assert.ok(darkest > 220, `visible red fell to ${darkest}`);
    assert.ok(transparent > 4000);
  });
});
