// An upscaler that makes an int8 network of its float one by itself, on real worker threads.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { adaptWorker, fetchFile } from '../../../web/node/host.ts';
import { deferred } from '../../../web/src/base/deferred.ts';
import { type CreateOptions, Pool, type RawImage, Upscaler } from '../../../web/src/index.ts';
import { residualChain } from '../support/benchmark-networks.ts';
import { BASE_URL, nodeOptions, openUpscaler } from '../support/node-upscaler.ts';
import { OnnxBuilder } from '../support/onnx-builder.ts';
import { randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';

const FLOAT = residualChain({ width: 8, layers: 4, kind: 'float' }).file;
const SMALL = randomPicture(new Random(1), 80, 60);
// More work than quantizing, for one worker.
const LARGE = randomPicture(new Random(2), 600, 500);

async function open(context: TestContext, options: CreateOptions = {}): Promise<Upscaler> {
  const upscaler = await openUpscaler({ model: FLOAT, quantize: 'auto', workers: 1, ...options });
  context.after(() => upscaler.dispose());
  return upscaler;
}

const run = (upscaler: Upscaler, picture = SMALL) => upscaler.upscale(picture, { output: 'raw' });

function psnr(a: RawImage, b: RawImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) {
    sum += ((a.data[i] as number) - (b.data[i] as number)) ** 2;
  }
  return 10 * Math.log10((255 ** 2 * a.data.length * 0.75) / sum);
}

const states = (upscaler: Upscaler) => upscaler.info.quantization?.state;

test('a small picture runs in float at once, those after it in int8, and the file can be had', async (context) => {
  const upscaler = await open(context);
  assert.deepEqual(upscaler.info.quantization, {
    ...{ state: 'waiting', because: '', psnr: 0, kept: false },
  });
  const float = await run(upscaler);
  const info = await upscaler.quantize();
  assert.equal(info.state, 'int8');
  assert.deepEqual(upscaler.info.quantization, info);
  assert.ok(upscaler.model.nodes.some(({ runs }) => runs === 'int8'));
  const int8 = await run(upscaler);
  const decibels = psnr(float, int8);
  assert.ok(decibels > 40 && decibels < 70, `${decibels} dB`);
  assert.ok(Math.abs(info.psnr - decibels) < 10, `${info.psnr} and ${decibels} dB`);
  const plain = await open(context, { quantize: false });
  assert.deepEqual(float.data, (await run(plain)).data);
  assert.equal(plain.info.quantization, null);
  const model = await upscaler.exportModel();
  assert.deepEqual(int8.data, (await run(await open(context, { model, quantize: false }))).data);
});

test('a large picture waits for int8', async (context) => {
  const upscaler = await open(context);
  const running = run(upscaler, LARGE);
  const { data } = await running;
  assert.equal(states(upscaler), 'int8');
  assert.deepEqual(data, (await run(upscaler, LARGE)).data);
});

test('what is too far from float is not taken', async (context) => {
  const upscaler = await open(context, { quantize: { minPsnr: 90 } });
  const { state, because, psnr: decibels } = await upscaler.quantize();
  assert.equal(state, 'float');
  assert.match(because, new RegExp(`${decibels.toFixed(1)} dB .* less than the 90 dB asked for`));
  assert.ok(decibels > 40);
  assert.ok(upscaler.model.nodes.every(({ runs }) => runs !== 'int8'));
  await assert.rejects(upscaler.exportModel(), { code: 'ERR_UNSUPPORTED', message: /90 dB/ });
  await run(upscaler);
});

test('pictures that are given are begun with at once', async (context) => {
  const heard: number[] = [];
  const quantize = { images: [LARGE, SMALL], onprogress: (part: number) => heard.push(part) };
  const upscaler = await open(context, { quantize });
  assert.equal(states(upscaler), 'working');
  assert.equal((await upscaler.quantize()).state, 'int8');
  assert.deepEqual(
    heard,
    [...heard].sort((a, b) => a - b),
  );
  assert.equal(heard.at(-1), 1);
  assert.equal(heard.filter((part) => part === 1).length, 1);
});

test('an abort leaves float', async (context) => {
  const stopper = new AbortController();
  const upscaler = await open(context, { quantize: { images: [SMALL], signal: stopper.signal } });
  const waiting = upscaler.quantize();
  stopper.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(states(upscaler), 'float');
  assert.match(upscaler.info.quantization?.because ?? '', /abort/);
  await run(upscaler);
});

test('dispose ends the quantizer, and whoever waits for it is told', async (context) => {
  const threads: Worker[] = [];
  const quantizer = deferred<void>();
  const createWorker = () => {
    const thread = new Worker(new URL('node-worker.mjs', BASE_URL));
    if (threads.push(thread) === 2) quantizer.resolve();
    return adaptWorker(thread);
  };
  const upscaler = await open(context, { createWorker });
  const waiting = upscaler.quantize();
  const picture = run(upscaler, LARGE);
  const [a, b] = [waiting, picture].map((promise) =>
    assert.rejects(promise as Promise<unknown>, { code: 'ERR_DISPOSED' }),
  );
  await quantizer.promise;
  await upscaler.dispose();
  await Promise.all([a, b]);
  assert.equal(threads.length, 2);
  assert.deepEqual(new Set(threads.map(({ threadId }) => threadId)), new Set([-1]));
  await assert.rejects(upscaler.quantize(), { code: 'ERR_DISPOSED' });
});

/** A fetch that counts how often the quantizer is asked for. */
function countingFetch() {
  const counted = { quantizers: 0 };
  const fetch: typeof fetchFile = (url, init) => {
    if (url.includes('quantizer.wasm')) counted.quantizers++;
    return fetchFile(url, init);
  };
  return { counted, fetch };
}

test('whoever asks at the same time gets the same work, and the end of the pool ends it', async (context) => {
  const { counted, fetch } = countingFetch();
  const pool = new Pool({ ...nodeOptions(), fetch, workers: 1 });
  const options = { pool, fetch, baseUrl: BASE_URL, model: FLOAT, quantize: 'auto' } as const;
  const upscaler = await Upscaler.create(options);
  context.after(() => upscaler.dispose());
  const asked = [upscaler.quantize(), upscaler.exportModel()].map((each) =>
    each.then(
      () => 'done',
      ({ code }) => code,
    ),
  );
  while (counted.quantizers === 0) await sleep(5);
  await pool.dispose();
  assert.deepEqual(await Promise.all(asked), ['ERR_DISPOSED', 'ERR_DISPOSED']);
  assert.equal(counted.quantizers, 1);
});

test('giving up while pictures are on their way leaves float', async (context) => {
  const stopper = new AbortController();
  const never: typeof fetchFile = (url, init) =>
    url.endsWith('slow.png')
      ? new Promise((_, reject) => {
          init.signal.addEventListener('abort', () => reject(init.signal.reason));
          setTimeout(() => stopper.abort(), 20);
        })
      : fetchFile(url, init);
  const quantize = { images: ['https://pictures.invalid/slow.png'], signal: stopper.signal };
  const upscaler = await open(context, { fetch: never, quantize });
  assert.equal(states(upscaler), 'float');
  await run(upscaler);
});

test('a callback that throws at the end changes nothing', async (context) => {
  const told: number[] = [];
  const onprogress = (done: number) => {
    told.push(done);
    if (done === 1) throw new Error('of the callback');
  };
  const upscaler = await open(context, { quantize: { onprogress } });
  assert.equal((await upscaler.quantize()).state, 'int8');
  assert.equal((await upscaler.quantize()).state, 'int8');
  assert.equal(told.at(-1), 1);
  await run(upscaler);
});

test('a quantizer that cannot be loaded leaves float, and can be tried again', async (context) => {
  let plugged = false;
  const fetch: typeof fetchFile = async (url, init) => {
    if (!plugged && url.includes('tessera-quantizer')) throw new Error('unplugged');
    return fetchFile(url, init);
  };
  const upscaler = await open(context, { fetch });
  await run(upscaler);
  await assert.rejects(upscaler.quantize(), { code: 'ERR_LOAD', message: /unplugged/ });
  assert.match(upscaler.info.quantization?.because ?? '', /quantizing failed: .*unplugged/);
  await run(upscaler, LARGE);
  assert.equal(states(upscaler), 'float');
  plugged = true;
  assert.equal((await upscaler.quantize()).state, 'int8');
});

test('a network that is int8 already loads no quantizer', async (context) => {
  const asked: string[] = [];
  const fetch: typeof fetchFile = (url, init) => {
    asked.push(url);
    return fetchFile(url, init);
  };
  const { file } = residualChain({ width: 8, layers: 4 });
  const upscaler = await open(context, { model: file, fetch });
  assert.deepEqual(await upscaler.quantize(), {
    ...{ state: 'int8', because: 'the network was quantized already', psnr: 0, kept: false },
  });
  assert.deepEqual(await upscaler.exportModel(), new Uint8Array(file));
  assert.ok(asked.every((url) => !url.includes('quantizer')));
});

test('a network without a convolution cannot be quantized', async (context) => {
  const net = new OnnxBuilder();
  const upscaler = await open(context, { model: net.build(net.node('Relu', [net.input])) });
  await assert.rejects(upscaler.quantize(), { code: 'ERR_UNSUPPORTED', message: /convolution/ });
  await run(upscaler);
});

test('wrong options are told of', async (context) => {
  for (const [quantize, message] of [
    ['always', /quantize must be 'auto'/],
    [{ images: SMALL }, /images must be an array/],
    [{ minPsnr: 0 }, /minPsnr must be positive/],
    [{ onprogress: 1 }, /onprogress must be a function/],
  ] as const) {
    const wrong = quantize as unknown as CreateOptions['quantize'];
    await assert.rejects(open(context, { quantize: wrong }), { message });
  }
  const image = { ...SMALL, width: 3 };
  await assert.rejects(open(context, { quantize: { images: [image] } }), RangeError);
  const plain = await open(context, { quantize: false });
  await assert.rejects(plain.quantize(), TypeError);
  await assert.rejects(plain.exportModel(), TypeError);
});
