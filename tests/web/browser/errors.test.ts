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
