// What goes wrong on real pages, and the code it is reported with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnPages, failure } from '../support/pages.ts';

describeOnPages('errors', (opened) => {
  test('a missing wasm file names the address', async () => {
    const error = await failure(opened(), () =>
      window.tessera.Upscaler.create({ wasmUrl: '/nowhere/' }),
    );
    assert.equal(error.code, 'ERR_LOAD');
    assert.match(error.message, /nowhere/);
  });

  test('a missing worker script is an error, not a hang', async () => {
    const error = await failure(opened(), () =>
      window.tessera.Upscaler.create({ workerUrl: '/nowhere.mjs' }),
    );
    assert.equal(error.code, 'ERR_LOAD');
    assert.match(error.message, /nowhere/);
  });

  test('a missing model', async () => {
    const error = await failure(opened(), () =>
      window.tessera.Upscaler.create({ model: '/nowhere.onnx' }),
    );
    assert.equal(error.code, 'ERR_LOAD');
    assert.match(error.message, /nowhere.*404/);
  });

  test('a corrupt model', async () => {
    const error = await failure(opened(), () =>
      window.tessera.Upscaler.create({ model: Uint8Array.of(0x08, 0x07, 0x3a, 0xff, 0xff, 1) }),
    );
    assert.equal(error.code, 'ERR_MODEL_FORMAT');
  });

  test('a file that is no image', async () => {
    const error = await failure(opened(), async () => {
      const upscaler = await window.tessera.Upscaler.create();
      try {
        await upscaler.upscale(new Blob(['not an image'], { type: 'image/png' }));
      } finally {
        await upscaler.dispose();
      }
    });
    assert.equal(error.code, 'ERR_IMAGE_DECODE');
  });

  test('an image element that shows another picture while it is read', async () => {
    const error = await failure(opened(), async () => {
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny' });
      const addressOf = async (canvas: OffscreenCanvas) => {
        canvas.getContext('2d');
        return URL.createObjectURL(await canvas.convertToBlob());
      };
      const element = new Image();
      element.src = await addressOf(new OffscreenCanvas(1500, 1500));
      const other = await addressOf(new OffscreenCanvas(10, 10));
      try {
        const run = upscaler.upscale(element);
        // Asked for second, this is over when the first band has been read.
        await element.decode();
        element.src = other;
        await run;
      } finally {
        await upscaler.dispose();
      }
    });
    assert.equal(error.code, 'ERR_IMAGE_DECODE');
    assert.match(error.message, /took the place/);
  });

  test('an image without pixels', async () => {
    const error = await failure(opened(), async () => {
      const upscaler = await window.tessera.Upscaler.create();
      try {
        await upscaler.upscale({ data: new Uint8Array(0), width: 0, height: 0 });
      } finally {
        await upscaler.dispose();
      }
    });
    assert.equal(error.name, 'RangeError');
  });
});
