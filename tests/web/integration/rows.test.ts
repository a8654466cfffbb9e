// Pictures in rows, through the library on real workers: the bytes of one piece, whatever happens to
// the workers that hold the rows.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { adaptWorker } from '../../../web/node/host.ts';
import type { CreateOptions, RawImage, Upscaler } from '../../../web/src/index.ts';
import { residualChain } from '../support/benchmark-networks.ts';
import { BASE_URL, openUpscaler } from '../support/node-upscaler.ts';
import { addTransparency, type Pixels, randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';

const MEGABYTE = 1e6;
const SMALL = residualChain({ width: 16, layers: 4 }).file;
// Three pieces for one worker.
const PICTURE = randomPicture(new Random(1), 512, 600);

function hash({ data }: RawImage): string {
  return createHash('sha256').update(data).digest('hex');
}

async function open(context: TestContext, options: CreateOptions): Promise<Upscaler> {
  const upscaler = await openUpscaler(options);
  context.after(() => upscaler.dispose());
  return upscaler;
}

const inRows = (upscaler: Upscaler, picture: Pixels = PICTURE, more: object = {}) =>
  upscaler.upscale(picture, { output: 'raw', ...more });

let expected: Promise<string> | undefined;

/** What the small network makes of {@link PICTURE} in one piece. */
function wholeHash(upscaler: Upscaler): Promise<string> {
  expected ??= upscaler.upscalePatch(PICTURE).then(hash);
  return expected;
}

test('a network that looks 100 pixels to each side runs in little memory', async (context) => {
  const { file } = residualChain({ width: 8, layers: 100 });
  const picture = randomPicture(new Random(2), 64, 400);
  const { width, height } = picture;
  const upscaler = await open(context, { model: file, workers: 1 });
  assert.equal(upscaler.model.overlap, 100);
  const result = await inRows(upscaler, picture);
  const needs = await upscaler.estimate({ width, height });
  assert.deepEqual(
    [needs.schedule, needs.multiplications],
    ['rows', width * height * upscaler.model.multiplicationsPerPixel],
  );
  assert.ok(needs.perWorker < 100 * MEGABYTE, `${needs.perWorker} bytes`);
  assert.equal(hash(result), hash(await upscaler.upscalePatch(picture)));
});

test('a picture too wide for the memory is cut into strips', async (context) => {
  const { file } = residualChain({ width: 64, layers: 4 });
  const picture = randomPicture(new Random(3), 3000, 20);
  const upscaler = await open(context, { model: file, workers: 2 });
  const needs = await upscaler.estimate(picture);
  assert.ok(needs.schedule === 'rows' && needs.tile.width < picture.width, `${needs.tile.width}`);
  const [result, whole] = [await inRows(upscaler, picture), await upscaler.upscalePatch(picture)];
  assert.equal(hash(result), hash(whole));
});

test('transparency is that of one piece', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 2 });
  const picture = addTransparency(new Random(6), randomPicture(new Random(7), 300, 900));
  const needs = await upscaler.estimate({ ...picture, alpha: true });
  assert.equal(needs.schedule, 'rows');
  const [result, whole] = [await inRows(upscaler, picture), await upscaler.upscalePatch(picture)];
  assert.ok(whole.data.some((byte, i) => i % 4 === 3 && byte < 255));
  assert.equal(hash(result), hash(whole));
});

test('two runs at once on one worker take turns', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 1 });
  const other = randomPicture(new Random(4), 300, 700);
  const [first, second] = await Promise.all([inRows(upscaler), inRows(upscaler, other)]);
  assert.equal(hash(first), await wholeHash(upscaler));
  assert.equal(hash(second), hash(await upscaler.upscalePatch(other)));
});

test('tiles and shapes in between do not disturb the rows', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 1 });
  const small = randomPicture(new Random(5), 64, 64);
  const during: Promise<unknown>[] = [];
  const result = await inRows(upscaler, PICTURE, {
    onprogress(_done: number) {
      during.push(upscaler.upscalePatch(small, { priority: 1 }));
      during.push(upscaler.estimate({ width: 100, height: 100 }));
    },
  });
  assert.ok(during.length > 0);
  await Promise.all(during);
  assert.equal(hash(result), await wholeHash(upscaler));
});

test('after an abort the next picture begins anew', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 1 });
  for (const delay of [0, 20]) {
    const controller = new AbortController();
    const aborted = inRows(upscaler, PICTURE, { signal: controller.signal });
    await sleep(delay);
    controller.abort(new Error('enough'));
    await assert.rejects(aborted, { message: 'enough' });
    assert.equal(hash(await inRows(upscaler)), await wholeHash(upscaler));
  }
});

test('an abort ends a piece in the middle', async (context) => {
  const { file } = residualChain({ width: 64, layers: 4 });
  let worker: Worker | undefined;
  const upscaler = await open(context, {
    model: file,
    workers: 1,
    createWorker() {
      worker = new Worker(new URL('node-worker.mjs', BASE_URL));
      return adaptWorker(worker);
    },
  });
  const running = assert.rejects(inRows(upscaler), { name: 'AbortError' });
  const told: string[] = [];
  const answered = new Promise<void>((resolve) => {
    worker?.on('message', ({ type }: { type: string }) => {
      told.push(type);
      if (type === 'progress') upscaler.abort();
      else resolve();
    });
  });
  await Promise.all([running, answered]);
  assert.deepEqual([told[0], told.at(-1)], ['progress', 'failed']);
});

test('a worker that is ended for idleness, or dies, loses its rows and nothing else', async (context) => {
  const workers: Worker[] = [];
  const upscaler = await open(context, {
    model: SMALL,
    workers: 1,
    idleTimeout: 20,
    createWorker() {
      const worker = new Worker(new URL('node-worker.mjs', BASE_URL));
      workers.push(worker);
      return adaptWorker(worker);
    },
  });
  // A receiver slower than the idle timeout: what it holds keeps the worker from going on.
  const parts = [];
  for await (const part of upscaler.tiles(PICTURE)) {
    parts.push(part);
    await sleep(60);
    if (parts.length === 1) await workers.at(-1)?.terminate();
  }
  const { scale } = upscaler.model;
  const data = new Uint8ClampedArray(PICTURE.width * PICTURE.height * scale * scale * 4);
  for (const part of parts) data.set(part.data, part.y * PICTURE.width * scale * 4);
  const result = { data, width: PICTURE.width * scale, height: PICTURE.height * scale };
  assert.ok(
    parts.length > 1 && workers.length > 1,
    `${parts.length} parts, ${workers.length} workers`,
  );
  assert.equal(hash(result), await wholeHash(upscaler));
});

test('a paused run goes on where it was', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 2 });
  const result = inRows(upscaler, PICTURE, {
    onprogress() {
      upscaler.pause();
      setTimeout(() => upscaler.resume(), 30);
    },
  });
  assert.equal(hash(await result), await wholeHash(upscaler));
});

test('what cannot flow runs in tiles, and says why', async (context) => {
  const upscaler = await open(context, { model: SMALL, workers: 1 });
  const { schedule, scheduleBecause } = upscaler.info;
  assert.deepEqual([schedule, scheduleBecause], ['rows', '']);
  const size = { width: 300, height: 300 };
  const because = async (more: object) =>
    (await upscaler.estimate({ ...size, ...more })).scheduleBecause;
  assert.match(await because({ tileSize: 128 }), /tileSize/);
  assert.match(await because({ overlap: 8 }), /overlap/);
  assert.match(await because({ output: 'stream' }), /stream/);
});
