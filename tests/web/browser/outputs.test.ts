// Streams, data: addresses, families and integrity in a page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { failure, openPage, type TestPage } from '../support/pages.ts';

let opened: TestPage;

before(async () => {
  opened = await openPage();
});

after(() => opened.close());

test('a stream and a data: address hold the pixels of the result', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-tiny', workers: 2 });
    const image = new ImageData(300, 200);
    for (let i = 0; i < image.data.length; i++) {
      image.data[i] = i % 4 === 3 ? 255 : (i * 7919) % 251;
    }
    const expected = await upscaler.upscale(image, { output: 'raw' });
    const same = async (blob: Blob) => {
      const bitmap = await createImageBitmap(blob);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return data.length === expected.data.length && data.every((b, i) => b === expected.data[i]);
    };
    const found: Record<string, unknown> = {};
    for (const type of ['image/png', 'image/bmp']) {
      const stream = await upscaler.upscale(image, { output: 'stream', type, tileSize: 96 });
      const bytes = await new Response(stream).arrayBuffer();
      found[type] = await same(new Blob([bytes], { type }));
    }
    const address = await upscaler.upscale(image, { output: 'base64' });
    const bytes = Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (character) =>
      character.charCodeAt(0),
    );
    found.base64 = address.startsWith('data:image/png;base64,') && (await same(new Blob([bytes])));
    found.family = (await upscaler.upscale(image, { scale: 3 })).width;
    found.models = window.tessera.Upscaler.models.length > 5;
    await upscaler.dispose();
    return found;
  });
  assert.deepEqual(found, {
    'image/png': true,
    'image/bmp': true,
    base64: true,
    family: 900,
    models: true,
  });
});

test('a model that is not the one that integrity names is refused, and the right one works', async () => {
  const wrong = await failure(opened, () =>
    window.tessera.Upscaler.create({
      model: 'photo-x2-tiny',
      integrity: `sha384-${'A'.repeat(64)}`,
    }),
  );
  assert.equal(wrong.code, 'ERR_INTEGRITY');
  const digest = /SHA-384 is (\S+)$/.exec(wrong.message)?.[1];
  const name = await opened.page.evaluate(async (integrity) => {
    const { Upscaler } = window.tessera;
    const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', integrity });
    const { name } = upscaler.model;
    await upscaler.dispose();
    return name;
  }, `sha384-${digest}`);
  assert.equal(name, 'photo-x2-tiny');
});
