// The whole library on the real core, in Node's worker threads.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { adaptWorker, fetchFile } from '../../../web/node/host.ts';
import {
  type CreateOptions,
  type PixelSource,
  type RawImage,
  type TileResult,
  Upscaler,
} from '../../../web/src/index.ts';

const DIST = new URL('../../../dist/', import.meta.url);
const WORKER_SCRIPT = new URL('node-worker.mjs', DIST);

function options(more: CreateOptions = {}): CreateOptions {
  return {
    baseUrl: DIST,
    fetch: fetchFile,
    createWorker: () => adaptWorker(new Worker(WORKER_SCRIPT)),
    workers: 2,
    variant: 'simd',
    ...more,
  };
}

/** An upscaler of its own for one test. */
async function create(context: TestContext, more: CreateOptions = {}): Promise<Upscaler> {
  const upscaler = await Upscaler.create(options(more));
  context.after(() => upscaler.dispose());
  return upscaler;
}

let shared: Upscaler;

before(async () => {
  shared = await Upscaler.create(options());
});

after(() => shared.dispose());

/** A picture with structure everywhere. */
function picture(width: number, height: number, alpha = (_x: number, _y: number) => 255): RawImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = 127 * Math.sin(x * 0.7 + Math.cos(y * 0.3) * 3);
      data.set([128 + wave, (x * 11 + y * 5) % 256, 128 - wave, alpha(x, y)], (y * width + x) * 4);
    }
  }
  return { data, width, height };
}

const raw = (image: PixelSource, more: object = {}, upscaler = shared) =>
  upscaler.upscale(image, { output: 'raw', ...more });

function sameBytes(actual: RawImage, expected: RawImage): void {
  assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
  assert.equal(Buffer.compare(Buffer.from(actual.data), Buffer.from(expected.data)), 0);
}

test('a picture comes out larger by the scale, and resembles itself', async () => {
  const image = picture(60, 40);
  const result = await raw(image);
  const { scale } = shared.model;
  assert.deepEqual([result.width, result.height], [60 * scale, 40 * scale]);
  let difference = 0;
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 60; x++) {
      const [from, to] = [(y * 60 + x) * 4, (y * scale * 60 * scale + x * scale) * 4];
      difference += Math.abs((image.data[from] ?? 0) - (result.data[to] ?? 0));
      assert.equal(result.data[to + 3], 255);
    }
  }
  assert.ok(difference / (60 * 40) < 40, `mean difference ${difference / (60 * 40)}`);
});

for (const [width, height] of [
  [1, 1],
  [3, 150],
  [149, 2],
  [61, 59],
  [97, 101],
] as const) {
  test(`tiles of any size give what one piece gives (${width}x${height})`, async () => {
    const image = picture(width, height);
    const whole = await shared.upscalePatch(image);
    for (const tileSize of [2 * shared.model.overlap + 7, 64, undefined]) {
      sameBytes(await raw(image, { tileSize }), whole);
    }
  });
}

test('transparent pictures are tiled without a trace too', async () => {
  const image = picture(90, 70, (x, y) => ((x - 45) ** 2 + (y - 35) ** 2 < 900 ? 255 - x : 0));
  const whole = await shared.upscalePatch(image);
  sameBytes(await raw(image, { tileSize: 2 * shared.model.overlapWithAlpha + 9 }), whole);
  const alphas = new Set(whole.data.filter((_, i) => i % 4 === 3));
  assert.ok(alphas.has(0) && alphas.size > 10);
});

test('what becomes of the pixels after the call does not matter', async () => {
  const image = picture(30, 20);
  const run = raw(image);
  image.data.fill(0);
  sameBytes(await run, await raw(picture(30, 20)));
});

test('alpha can be ignored', async () => {
  const image = picture(20, 20, (x) => x * 10);
  sameBytes(await raw(image, { alpha: 'ignore' }), await raw(picture(20, 20)));
});

test('RGB gives what opaque RGBA gives', async () => {
  const image = picture(31, 17);
  const rgb = { ...image, data: image.data.filter((_, i) => i % 4 !== 3) };
  sameBytes(await raw(rgb), await raw(image));
});

test('one worker gives what two give', async (context) => {
  const image = picture(150, 110);
  const single = await create(context, { workers: 1 });
  sameBytes(await raw(image, { tileSize: 64 }, single), await raw(image, { tileSize: 64 }));
});

test('progress never falls and ends at exactly 1', async () => {
  const seen: number[] = [];
  await raw(picture(150, 110), { tileSize: 48, onprogress: (f: number) => seen.push(f) });
  assert.ok(seen.length > 4);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.deepEqual(seen.slice(-1), [1]);
  assert.equal(seen.indexOf(1), seen.length - 1);
});

test('the tiles that progress tells of keep their pixels', async () => {
  const image = picture(150, 110);
  const tiles: TileResult[] = [];
  // Without a tile it tells of progress inside one.
  const keep = (_: number, tile?: TileResult) => {
    if (tile !== undefined) tiles.push(tile);
  };
  const expected = await raw(image, { tileSize: 48, onprogress: keep });
  const data = new Uint8ClampedArray(expected.data.length);
  for (const tile of tiles) place(tile, data, expected.width);
  sameBytes({ ...expected, data }, expected);
  // Without anyone to keep them, their memory is used again.
  sameBytes(await raw(image, { tileSize: 48 }), expected);
});

test('the pieces of tiles() make up the result', async () => {
  const image = picture(130, 90);
  const expected = await raw(image);
  const data = new Uint8ClampedArray(expected.data.length);
  const seen = new Set<number>();
  for await (const tile of shared.tiles(image, { tileSize: 50 })) {
    place(tile, data, expected.width);
    seen.add(tile.index);
    assert.ok(tile.index < tile.count);
  }
  sameBytes({ ...expected, data }, expected);
  assert.ok(seen.size > 4);
});

function place(tile: TileResult, target: Uint8ClampedArray, width: number): void {
  for (let y = 0; y < tile.height; y++) {
    const row = tile.data.subarray(y * tile.width * 4, (y + 1) * tile.width * 4);
    target.set(row, ((tile.y + y) * width + tile.x) * 4);
  }
}

test('leaving the loop over tiles() cancels the rest', async () => {
  let seen = 0;
  for await (const _ of shared.tiles(picture(200, 200), { tileSize: 40 })) {
    if (++seen === 2) break;
  }
  assert.equal(seen, 2);
  assert.equal((await raw(picture(10, 10))).width, 20);
});

test('an abort rejects with its reason, and the next run works', async () => {
  const controller = new AbortController();
  const run = raw(picture(400, 400), {
    tileSize: 40,
    signal: controller.signal,
    onprogress: () => controller.abort('enough'),
  });
  await assert.rejects(run, (reason) => reason === 'enough');
  await assert.rejects(raw(picture(4, 4), { signal: controller.signal }), (r) => r === 'enough');
  assert.equal((await raw(picture(10, 10))).width, 20);
});

test('abort() ends all runs, with an AbortError unless it says otherwise', async () => {
  const runs = [raw(picture(300, 300)), raw(picture(301, 300))];
  shared.abort();
  for (const run of runs) await assert.rejects(run, { name: 'AbortError' });
  assert.equal((await raw(picture(10, 10))).width, 20);
});

test('runs at the same time do not mix', async () => {
  const images = [picture(80, 60), picture(60, 80), picture(33, 33, (x) => 255 - x)];
  const together = await Promise.all(images.map((image) => raw(image, { tileSize: 48 })));
  for (const [i, image] of images.entries()) {
    sameBytes(together[i] as RawImage, await raw(image));
  }
});

test('a worker that is killed in the middle of a run is replaced', async (context) => {
  const workers: Worker[] = [];
  const upscaler = await create(context, {
    createWorker() {
      const worker = new Worker(WORKER_SCRIPT);
      workers.push(worker);
      return adaptWorker(worker);
    },
  });
  const image = picture(300, 200);
  let killed = false;
  const result = await raw(
    image,
    {
      tileSize: 64,
      onprogress() {
        if (!killed) void workers[0]?.terminate();
        killed = true;
      },
    },
    upscaler,
  );
  sameBytes(result, await raw(image));
  assert.equal(workers.length, 3);
});

test('dispose() rejects what is pending and whatever comes later', async () => {
  const upscaler = await Upscaler.create(options());
  const pending = raw(picture(300, 300), {}, upscaler);
  const disposed = upscaler.dispose();
  await assert.rejects(pending, { code: 'ERR_DISPOSED' });
  await disposed;
  await upscaler.dispose();
  await assert.rejects(raw(picture(4, 4), {}, upscaler), { code: 'ERR_DISPOSED' });
  await assert.rejects(upscaler.estimate({ width: 4, height: 4 }), { code: 'ERR_DISPOSED' });
});

test('dispose() also ends an upscaler that is still loading', async () => {
  const upscaler = new Upscaler(options());
  const pending = raw(picture(4, 4), {}, upscaler);
  const disposed = upscaler.dispose();
  await assert.rejects(pending, { code: 'ERR_DISPOSED' });
  await assert.rejects(upscaler.ready, { code: 'ERR_DISPOSED' });
  await disposed;
});

test('an upscaler can be used before it is loaded', async (context) => {
  const upscaler = new Upscaler(options());
  context.after(() => upscaler.dispose());
  assert.throws(() => upscaler.info, { name: 'TypeError', message: /await upscaler.ready/ });
  assert.equal((await raw(picture(10, 10), {}, upscaler)).width, 20);
});

test('loading reports progress that ends at 1, and can be aborted', async () => {
  const seen: [number, string][] = [];
  const upscaler = await Upscaler.create(
    options({ onprogress: (fraction, phase) => seen.push([fraction, phase]) }),
  );
  await upscaler.dispose();
  assert.deepEqual(seen.at(-1), [1, 'prepare']);
  const fractions = seen.map(([fraction]) => fraction);
  assert.deepEqual(
    fractions,
    [...fractions].sort((a, b) => a - b),
  );

  const controller = new AbortController();
  const aborted = Upscaler.create(options({ signal: controller.signal }));
  controller.abort('enough');
  await assert.rejects(aborted, (reason) => reason === 'enough');
});

test('bytes that are no model are ERR_MODEL_FORMAT', async () => {
  const file = await readFile(new URL('models/photo-x2-small.onnx', DIST));
  const truncated = new Uint8Array(file.subarray(0, file.length / 2));
  for (const model of [new Uint8Array(100).fill(7), truncated, new Uint8Array(0)]) {
    await assert.rejects(Upscaler.create(options({ model })), { code: 'ERR_MODEL_FORMAT' });
  }
});

test('missing files are ERR_LOAD with the address', async () => {
  const nowhere = new URL('nowhere/', DIST);
  await assert.rejects(Upscaler.create(options({ wasmUrl: nowhere })), {
    code: 'ERR_LOAD',
    message: /nowhere\/tessera-simd-lean\.wasm/,
  });
  const createWorker = () => adaptWorker(new Worker(new URL('nowhere.mjs', DIST)));
  await assert.rejects(Upscaler.create(options({ createWorker })), {
    code: 'ERR_LOAD',
    message: /cannot start the worker/,
  });
});

test('a variant that cannot run is refused, one that can is taken', async () => {
  assert.deepEqual(
    [shared.info.variant, shared.info.reason, shared.info.workers, shared.info.threads],
    ['simd', 'asked for', 2, 1],
  );
});

test('the threaded variant gives the same pixels', async (context) => {
  const threaded = await create(context, { variant: 'simd-mt' });
  assert.deepEqual([threaded.info.workers, threaded.info.threads], [1, 2]);
  const image = picture(120, 90);
  sameBytes(await raw(image, {}, threaded), await raw(image));
});

test('an estimate has the numbers of the run', async () => {
  const estimate = await shared.estimate({ width: 300, height: 200 });
  assert.equal(estimate.input, 300 * 200 * 4);
  assert.equal(estimate.output, 600 * 400 * 4);
  let tiles = 0;
  await raw(picture(300, 200), {
    onprogress: (_: number, tile?: TileResult) => (tiles = tile?.count ?? tiles),
  });
  assert.equal(estimate.tiles, tiles);
  assert.ok(estimate.perWorker > 0 && estimate.total > estimate.output + estimate.perWorker);
  assert.ok(estimate.multiplications >= 300 * 200 * shared.model.multiplicationsPerPixel);
});

test('memory does not grow with runs', async (context) => {
  const upscaler = await create(context, { workers: 1 });
  const runs = async () => {
    for (let i = 0; i < 25; i++) await raw(picture(40 + 7 * i, 250 - 7 * i), {}, upscaler);
    return (await upscaler.estimate({ width: 250, height: 250 })).perWorker;
  };
  const first = await runs();
  assert.equal(await runs(), first);
  assert.ok(first < 32 * 1024 * 1024, `${first} bytes`);
});

test('warmup() readies all workers', async (context) => {
  const upscaler = await create(context);
  await upscaler.warmup();
  await upscaler.warmup({ width: 100, height: 100 });
  assert.equal((await raw(picture(10, 10), {}, upscaler)).width, 20);
});

test('a result too large for one buffer is refused before it is tried', async () => {
  const image = { data: new Uint8Array(12_000 * 12_000 * 3), width: 12_000, height: 12_000 };
  await assert.rejects(raw(image, { transfer: true }), {
    code: 'ERR_IMAGE_TOO_LARGE',
    message: /24000x24000/,
  });
});
