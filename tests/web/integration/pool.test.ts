// Several upscalers on the same workers, and the ends of either.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { adaptWorker, fetchFile } from '../../../web/node/host.ts';
import { type CreateOptions, Pool, type PoolOptions, Upscaler } from '../../../web/src/index.ts';
import { BASE_URL } from '../support/node-upscaler.ts';

const SMALL = 'photo-x2-tiny';
const picture = { data: new Uint8Array(90 * 70 * 4).fill(99), width: 90, height: 70 };

/** Options for workers that are kept in a list. */
function counted(): { options: PoolOptions; threads: Worker[] } {
  const threads: Worker[] = [];
  const createWorker = () => {
    const thread = new Worker(new URL('node-worker.mjs', BASE_URL));
    threads.push(thread);
    return adaptWorker(thread);
  };
  const options = { baseUrl: BASE_URL, fetch: fetchFile, workers: 1, variant: 'simd' } as const;
  return { options: { ...options, createWorker }, threads };
}

/** The lengths of lists of threads; one that has ended has no id. */
const alive = (threads: Worker[]) => threads.filter(({ threadId }) => threadId !== -1).length;

async function open(context: TestContext, options: CreateOptions): Promise<Upscaler> {
  const upscaler = await Upscaler.create({ model: SMALL, fetch: fetchFile, ...options });
  context.after(() => upscaler.dispose());
  return upscaler;
}

const widthOf = async (upscaler: Upscaler) =>
  (await upscaler.upscale(picture, { output: 'raw' })).width;

test('upscalers of a pool share its workers, each with a model of its own', async (context) => {
  const { options, threads } = counted();
  const pool = new Pool(options);
  context.after(() => pool.dispose());
  assert.deepEqual(pool.info.workers, 1);
  const [two, three] = await Promise.all([
    open(context, { pool }),
    open(context, { pool, model: 'photo-x3-tiny' }),
  ]);
  assert.deepEqual(await Promise.all([widthOf(two), widthOf(three)]), [180, 270]);
  assert.equal(threads.length, 1);
  await three.dispose();
  assert.equal(await widthOf(two), 180);
  await two.dispose();
  assert.equal(alive(threads), 0);
  // The pool itself is still there.
  assert.equal(await widthOf(await open(context, { pool })), 180);
});

test('upscalers with the same options have a pool together, which ends with the last', async (context) => {
  const { options, threads } = counted();
  const [first, second] = [await open(context, options), await open(context, options)];
  await open(context, { ...options, workers: 2 });
  assert.equal(threads.length, 2);
  await assert.rejects(open(context, { ...options, model: 'nowhere.onnx' }), { code: 'ERR_LOAD' });
  await first.dispose();
  await first.dispose();
  assert.equal(alive(threads), 2);
  assert.equal(await widthOf(second), 180);
  await second.dispose();
  assert.equal(alive(threads), 1);
});

test('the members of a family share the workers', async (context) => {
  const { options, threads } = counted();
  const family = await open(context, { ...options, model: 'photo-tiny' });
  const result = await family.upscale(picture, { output: 'raw', scale: 3 });
  assert.deepEqual([result.width, await widthOf(family), threads.length], [270, 180, 1]);
});

test('an upscaler that fails gives its pool back', async (context) => {
  const { options, threads } = counted();
  await assert.rejects(open(context, { ...options, model: new Uint8Array(9) }), {
    code: 'ERR_MODEL_FORMAT',
  });
  assert.equal(alive(threads), 0);
  assert.equal(threads.length, 1);
});

test('a pool can be disposed at any time: whatever needs it says so', async (context) => {
  const { options, threads } = counted();
  const disposed = { code: 'ERR_DISPOSED', message: /pool/ };
  const unused = new Pool(options);
  await unused.dispose();
  await assert.rejects(open(context, { pool: unused }), disposed);

  const loading = new Pool(options);
  const waiting = open(context, { pool: loading });
  waiting.catch(() => {});
  await loading.dispose();
  await assert.rejects(waiting, disposed);

  const busy = new Pool(options);
  const upscaler = await open(context, { pool: busy });
  const run = widthOf(upscaler);
  run.catch(() => {});
  await busy.dispose();
  await busy.dispose();
  await assert.rejects(run, disposed);
  await assert.rejects(widthOf(upscaler), disposed);
  assert.equal(alive(threads), 0);
});

test('one that is disposed does not end the runs of the others', async (context) => {
  const { options } = counted();
  const pool = new Pool(options);
  context.after(() => pool.dispose());
  const [mine, other] = [await open(context, { pool }), await open(context, { pool })];
  const runs = [widthOf(mine), widthOf(other)];
  runs[0]?.catch(() => {});
  await mine.dispose();
  await assert.rejects(runs[0] as Promise<number>, { code: 'ERR_DISPOSED', message: /upscaler/ });
  assert.equal(await runs[1], 180);
});
