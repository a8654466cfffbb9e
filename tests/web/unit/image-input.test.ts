import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { readImage } from '../../../web/src/image/input.ts';
import { hasTransparency } from '../../../web/src/image/transparency.ts';
import type { ImageInput } from '../../../web/src/types.ts';

const CONTEXT = { timeout: 1000, transfer: false };

function image(data: Uint8Array, width: number, height: number) {
  return { data, width, height };
}

test('pixels are copied, so that the caller may change them', async () => {
  const data = new Uint8Array(16).fill(9);
  const source = await readImage(image(data, 2, 2), CONTEXT);
  data.fill(0);
  assert.deepEqual([...source.data], new Array(16).fill(9));
  assert.equal(source.channels, 4);
});

test('with transfer, the buffer is taken away', async () => {
  const data = new Uint8Array(new ArrayBuffer(20), 4, 12).fill(7);
  const source = await readImage(image(data, 2, 2), { ...CONTEXT, transfer: true });
  assert.equal(data.length, 0);
  assert.deepEqual([...source.data], new Array(12).fill(7));
  assert.equal(source.channels, 3);
});

test('a detached buffer is a TypeError', async () => {
  const data = new Uint8Array(16);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  await assert.rejects(readImage(image(data, 2, 2), CONTEXT), {
    name: 'TypeError',
    message: /detached/,
  });
});

for (const [width, height] of [
  [0, 4],
  [4, 0],
] as const) {
  test(`an image of ${width}x${height} is a RangeError`, async () => {
    await assert.rejects(readImage(image(new Uint8Array(0), width, height), CONTEXT), RangeError);
  });
}

test('a buffer of the wrong length says the right ones', async () => {
  await assert.rejects(readImage(image(new Uint8Array(15), 2, 2), CONTEXT), {
    name: 'RangeError',
    message: /neither RGBA \(16\) nor RGB \(12\)/,
  });
});

test('more pixels than can be read is ERR_IMAGE_TOO_LARGE with the numbers', async () => {
  await assert.rejects(readImage(image(new Uint8Array(4), 40_000, 40_000), CONTEXT), {
    code: 'ERR_IMAGE_TOO_LARGE',
    details: { width: 40_000, height: 40_000, limit: 2 ** 29 },
  });
});

for (const nothing of [undefined, null, 7, {}, [], { data: [1, 2], width: 1, height: 1 }]) {
  test(`${JSON.stringify(nothing)} is no image`, async () => {
    await assert.rejects(readImage(nothing as unknown as ImageInput, CONTEXT), {
      name: 'TypeError',
      message: /not an image/,
    });
  });
}

test('pixels of every realm, in Buffers and in shared memory', async () => {
  const bytes = Array.from({ length: 16 }, (_, i) => i * 3);
  const shared = new Uint8Array(new SharedArrayBuffer(16));
  shared.set(bytes);
  const kinds = {
    realm: runInNewContext(`Uint8Array.from([${bytes}])`),
    clamped: runInNewContext(`Uint8ClampedArray.from([${bytes}])`),
    buffer: Buffer.from(bytes),
    shared,
  };
  for (const [name, data] of Object.entries(kinds)) {
    for (const transfer of [false, true]) {
      const source = await readImage(image(data, 2, 2), { ...CONTEXT, transfer });
      assert.deepEqual([...source.data], bytes, name);
      assert.ok(source.data.buffer instanceof ArrayBuffer, name);
    }
  }
});

test('the colour space goes with the pixels', async () => {
  const p3 = { ...image(new Uint8Array(16), 2, 2), colorSpace: 'display-p3' } as const;
  assert.equal((await readImage(p3, CONTEXT)).colorSpace, 'display-p3');
  assert.equal((await readImage(image(new Uint8Array(16), 2, 2), CONTEXT)).colorSpace, 'srgb');
  const cmyk = { ...p3, colorSpace: 'cmyk' } as unknown as ImageInput;
  await assert.rejects(readImage(cmyk, CONTEXT), { name: 'RangeError', message: /colorSpace/ });
});

test('a host that cannot decode says what to pass', async () => {
  await assert.rejects(readImage(new Blob(['x']), CONTEXT), {
    code: 'ERR_UNSUPPORTED',
    message: /decode first/,
  });
});

test('one translucent pixel is found', async () => {
  const data = new Uint8Array(400).fill(255);
  const source = { data, width: 10, height: 10, channels: 4 } as const;
  assert.equal(await hasTransparency(source), false);
  data[399] = 254;
  assert.equal(await hasTransparency(source), true);
});

test('opaque black has no transparency, and views may begin anywhere in a buffer', async () => {
  for (const at of [0, 1, 2, 3]) {
    const data = new Uint8Array(new ArrayBuffer(404), at, 400);
    for (let i = 3; i < 400; i += 4) data[i] = 255;
    const source = { data, width: 10, height: 10, channels: 4 } as const;
    assert.equal(await hasTransparency(source), false);
    data[199] = 254;
    assert.equal(await hasTransparency(source), true);
  }
});

test('a large image is looked through in several tasks', async () => {
  const side = 1800;
  const source = { data: new Uint8Array(side * side * 4).fill(255), width: side, height: side };
  let tasks = 0;
  const count = () => {
    tasks++;
    waiting = setImmediate(count);
  };
  let waiting = setImmediate(count);
  assert.equal(await hasTransparency({ ...source, channels: 4 }), false);
  clearImmediate(waiting);
  assert.ok(tasks >= 3, `${tasks} other tasks ran meanwhile`);
});
