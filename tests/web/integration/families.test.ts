// A family's name for a model: each call gets the scale that it needs.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fetchFile } from '../../../web/node/host.ts';
import type { CreateOptions, RawImage, Upscaler } from '../../../web/src/index.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { Random } from '../support/random.ts';

function picture(width: number, height: number): RawImage {
  const random = new Random(5);
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : random.integer(0, 255),
  );
  return { data, width, height };
}

async function open(context: TestContext, options: CreateOptions): Promise<Upscaler> {
  const upscaler = await openUpscaler(options);
  context.after(() => upscaler.dispose());
  return upscaler;
}

const image = picture(40, 30);

test('each size has the bytes of the model that it needs, loaded once', async (context) => {
  const loaded: string[] = [];
  const family = await open(context, {
    model: 'photo-tiny',
    fetch(url, init) {
      if (url.endsWith('.onnx')) loaded.push(/[^/]*$/.exec(url)?.[0] ?? '');
      return fetchFile(url, init);
    },
  });
  assert.deepEqual(loaded, ['photo-x2-tiny.onnx']);
  for (const [scale, model] of [
    [undefined, 'photo-x2-tiny'],
    [1.5, 'photo-x2-tiny'],
    [2.5, 'photo-x3-tiny'],
    [4, 'photo-x4-tiny'],
  ] as const) {
    const single = await open(context, { model });
    const found = await family.upscale(image, { output: 'raw', scale });
    assert.deepEqual(found, await single.upscale(image, { output: 'raw', scale }));
  }
  await Promise.all([
    family.upscale(image, { output: 'raw', width: 110 }),
    family.upscale(image, { output: 'raw', height: 85 }),
  ]);
  assert.deepEqual(loaded, ['photo-x2-tiny.onnx', 'photo-x3-tiny.onnx', 'photo-x4-tiny.onnx']);
});

test('a member that does not load fails its call, and the next tries again', async (context) => {
  let broken = true;
  const family = await open(context, {
    model: 'photo-tiny',
    fetch(url, init) {
      if (broken && url.includes('x3')) return Promise.reject(new Error('unplugged'));
      return fetchFile(url, init);
    },
  });
  await assert.rejects(family.upscale(image, { output: 'raw', scale: 3 }), { code: 'ERR_LOAD' });
  broken = false;
  const { width } = await family.upscale(image, { output: 'raw', scale: 3 });
  assert.equal(width, 120);
});

test('pausing and disposing hold for all members', async () => {
  const family = await openUpscaler({ model: 'photo-tiny' });
  await family.upscale(image, { output: 'raw', scale: 3 });
  family.pause();
  const runs = [2, 3, 4].map((scale) => family.upscale(image, { output: 'raw', scale }));
  const settled = runs.map((run) =>
    run.then(
      () => 'done',
      ({ code }) => code,
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  await family.dispose();
  assert.deepEqual(await Promise.all(settled), ['ERR_DISPOSED', 'ERR_DISPOSED', 'ERR_DISPOSED']);
});

test('a name that is none lists families too', async () => {
  await assert.rejects(openUpscaler({ model: 'phot' }), {
    name: 'RangeError',
    message: /families: .*photo/,
  });
});
