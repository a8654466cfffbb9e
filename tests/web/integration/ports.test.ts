// An upscaler used through ports: the same members and bytes, errors of the same kinds, and an end to
// every call when either side goes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type CreateOptions, type RawImage, Upscaler } from '../../../web/src/index.ts';
import { nodeOptions, openUpscaler } from '../support/node-upscaler.ts';

const SMALL = 'photo-x2-tiny';

function picture(width: number, height: number): RawImage {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24,
  );
  return { data, width, height };
}

let host: Upscaler;

before(async () => {
  host = await openUpscaler({ model: SMALL });
});

after(() => host.dispose());

async function connect(context: TestContext, to: Upscaler = host): Promise<Upscaler> {
  const upscaler = await Upscaler.connect(to.port());
  context.after(() => upscaler.dispose());
  return upscaler;
}

async function own(context: TestContext, options: CreateOptions): Promise<Upscaler> {
  const upscaler = await openUpscaler({ model: SMALL, workers: 1, ...options });
  context.after(() => upscaler.dispose());
  return upscaler;
}

const raw = (upscaler: Upscaler, image: RawImage, more: object = {}) =>
  upscaler.upscale(image, { output: 'raw', tileSize: 64, ...more });

/** Waits for a condition, for some seconds. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('whatever an upscaler does, it does through a port', async (context) => {
  const client = await connect(context);
  const { schedule, scheduleBecause, ...info } = client.info;
  assert.deepEqual({ ...host.info, ...info }, host.info);
  assert.equal(schedule, 'tiles');
  assert.match(scheduleBecause, /other end of a port/);
  assert.deepEqual(client.model, host.model);
  const image = picture(150, 110);
  const seen: number[] = [];
  const expected = await raw(host, image);
  const onprogress = (fraction: number) => seen.push(fraction);
  assert.deepEqual(await raw(client, image, { onprogress }), expected);
  assert.deepEqual([seen.at(-1), seen.length > 4], [1, true]);
  const patch = picture(40, 30);
  assert.deepEqual(await client.upscalePatch(patch), await host.upscalePatch(patch));
  assert.deepEqual(await raw(client, image, { scale: 3 }), await raw(host, image, { scale: 3 }));
  let tiles = 0;
  for await (const { count } of client.tiles(image, { tileSize: 64 })) tiles += 1 / count;
  assert.ok(Math.abs(tiles - 1) < 1e-9);
  const size = { width: 150, height: 110 };
  assert.equal((await client.estimate(size)).tiles, (await host.estimate(size)).tiles);
  await client.warmup(size);
  // A client has ports too.
  assert.deepEqual(await raw(await connect(context, client), image), expected);
});

test('a family serves every scale', async (context) => {
  const client = await connect(context, await own(context, { model: 'photo-tiny' }));
  const result = await raw(client, picture(30, 20), { scale: 3 });
  assert.deepEqual([result.width, (await raw(client, picture(30, 20))).width], [90, 60]);
});

test('a port can be given away before the upscaler is ready, and tells why it is not', async (context) => {
  const early = new Upscaler({ ...nodeOptions(), model: 'no-such-model', workers: 1 });
  context.after(() => early.dispose());
  await assert.rejects(Upscaler.connect(early.port()), {
    name: 'RangeError',
    message: /no-such-model/,
  });
  const broken = new Upscaler({ ...nodeOptions(), model: new Uint8Array(9), workers: 1 });
  context.after(() => broken.dispose());
  await assert.rejects(Upscaler.connect(broken.port()), {
    name: 'TesseraError',
    code: 'ERR_MODEL_FORMAT',
  });
});

test('an abort rejects at once, and the others go on', async (context) => {
  const [client, other] = [await connect(context), await connect(context)];
  const controller = new AbortController();
  const image = picture(600, 400);
  const aborted = raw(client, image, { signal: controller.signal, onprogress: stop });
  function stop() {
    controller.abort('enough');
  }
  const [, result] = await Promise.all([
    assert.rejects(aborted, (reason) => reason === 'enough'),
    raw(other, image),
  ]);
  assert.equal(result.width, 1200);
  const all = raw(client, image);
  client.abort('all');
  await assert.rejects(all, (reason) => reason === 'all');
  assert.equal((await raw(client, picture(30, 20))).width, 60);
});

test('a client can wait without the others', async (context) => {
  const [client, other] = [await connect(context), await connect(context)];
  client.pause();
  const held = raw(client, picture(80, 60));
  assert.equal((await raw(other, picture(80, 60))).width, 160);
  client.resume();
  assert.equal((await held).width, 160);
});

test('dispose of a client ends its connection alone', async (context) => {
  const client = await connect(context);
  const run = raw(client, picture(600, 400));
  run.catch(() => {});
  await client.dispose();
  await assert.rejects(run, { code: 'ERR_DISPOSED' });
  assert.equal((await raw(host, picture(30, 20))).width, 60);
});

test('when the upscaler is disposed its clients are told', async (context) => {
  const upscaler = await own(context, {});
  const client = await connect(context, upscaler);
  const run = raw(client, picture(600, 400));
  run.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  await upscaler.dispose();
  const disposed = { name: 'TesseraError', code: 'ERR_DISPOSED' };
  await assert.rejects(run, disposed);
  await assert.rejects(raw(client, picture(30, 20)), disposed);
  assert.throws(() => upscaler.port(), disposed);
});

test('a port that nobody answers at is given up', async () => {
  const { port1 } = new MessageChannel();
  const port = port1 as unknown as globalThis.MessagePort;
  await assert.rejects(Upscaler.connect(port, { timeout: 200 }), { code: 'ERR_TIMEOUT' });
  const signal = AbortSignal.timeout(50);
  const { port1: other } = new MessageChannel();
  await assert.rejects(Upscaler.connect(other as unknown as globalThis.MessagePort, { signal }), {
    name: 'TimeoutError',
  });
});

test('what the other end has chosen is not chosen again', () => {
  const port = host.port();
  assert.throws(() => new Upscaler({ port, model: SMALL, workers: 2 }), {
    name: 'TypeError',
    message: /model, workers: the upscaler at the other end/,
  });
  port.close();
});

const thread = (workerData: object, transferList: MessagePort[] = []) =>
  new Worker(new URL('./fixtures/port-thread.mjs', import.meta.url), { workerData, transferList });

test('a client that is killed leaves the workers to the others', async (context) => {
  const port = host.port() as unknown as MessagePort;
  const client = thread({ port }, [port]);
  context.after(() => client.terminate());
  await once(client, 'message');
  await client.terminate();
  const begun = performance.now();
  const alone = await connect(context);
  await raw(alone, picture(64, 64));
  // 1200x1200 in small tiles would take many times as long.
  assert.ok(performance.now() - begun < 5000);
});

test('when the upscaler is killed its clients notice', async () => {
  const server = thread({ model: SMALL });
  const [port] = await once(server, 'message');
  const client = await Upscaler.connect(port);
  let started = false;
  const run = raw(client, picture(2000, 2000), {
    onprogress: () => {
      started = true;
    },
  });
  run.catch(() => {});
  await until(() => started);
  await server.terminate();
  await assert.rejects(run, { code: 'ERR_DISPOSED', message: /other end/ });
  await assert.rejects(raw(client, picture(30, 20)), { code: 'ERR_DISPOSED' });
  await client.dispose();
});
