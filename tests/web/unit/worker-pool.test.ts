// The pool, its workers' deaths included, on real worker threads. The script they run fails on
// demand, which the real one does not.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { adaptWorker } from '../../../web/node/host.ts';
import { TesseraError } from '../../../web/src/errors.ts';
import { TileCutter } from '../../../web/src/pool/cutter.ts';
import { Errand } from '../../../web/src/pool/errand.ts';
import { PooledModel } from '../../../web/src/pool/pooled-model.ts';
import { Run, type RunRequest } from '../../../web/src/pool/run.ts';
import type { TilePool } from '../../../web/src/pool/tile-pool.ts';
import { WorkerPool } from '../../../web/src/pool/worker-pool.ts';
import { planTiles } from '../../../web/src/tiling/plan.ts';
import { chooseTarget, orderTiles } from '../../../web/src/tiling/target.ts';
import type { TileResult } from '../../../web/src/types.ts';
import type { CoreKind } from '../../../web/src/variants.ts';
import { PLAIN } from '../support/tiling-facts.ts';

const SCRIPT = new URL('./fixtures/worker.mjs', import.meta.url);
const FACTS = { ...PLAIN, scale: 1, overlap: 2 };
const SETUP = { bytes: new Uint8Array(), files: [], metadata: {}, choices: {} };
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const WIDTH = 50;
const HEIGHT = 30;

const EXIT = 1;
const THROW = 2;
const SILENCE = 3;
const POISON = 4;
const REFUSE = 5;
const CRAWL = 6;
const BOAST = 7;

interface Harness {
  /** What workers start with. */
  core: { kind: CoreKind };
  pool: PooledModel;
  workerPool: WorkerPool;
  /** All workers ever started. */
  workers: Worker[];
}

interface HarnessOptions {
  size?: number;
  /** How many tiles fail before the rest succeeds. */
  failures?: number;
  delay?: number;
  silence?: number;
  idleTimeout?: number;
  script?: URL;
}

function harness(context: TestContext, options: HarnessOptions = {}): Harness {
  const { size = 2, failures = 0, delay = 0, script = SCRIPT } = options;
  const { silence = 5000, idleTimeout = 60_000 } = options;
  const shared = new SharedArrayBuffer(4);
  new Int32Array(shared)[0] = failures;
  const workers: Worker[] = [];
  const core: Harness['core'] = { kind: 'lean' };
  const workerPool = new WorkerPool(size, {
    spawn() {
      const worker = new Worker(script, { workerData: { failures: shared, delay } });
      workers.push(worker);
      return adaptWorker(worker);
    },
    core: () => ({
      kind: core.kind,
      glueUrl: 'glue.mjs',
      core: async () => WebAssembly.compile(EMPTY_MODULE),
      threads: 1,
    }),
    silence,
    idleTimeout,
  });
  context.after(() => workerPool.dispose(new Error('test over')));
  return { workerPool, pool: new PooledModel(workerPool, SETUP, 'lean'), workers, core };
}

/** A run over a picture whose first byte everywhere is `mark`. */
function makeRun(pool: TilePool, mark: number, more: Partial<RunRequest> = {}) {
  const data = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let i = 0; i < data.length; i++) data[i] = i % 4 === 0 ? mark : i % 256;
  const plan = planTiles({ width: WIDTH, height: HEIGHT, workers: 2, tileSize: 16 }, FACTS);
  const image = { data, width: WIDTH, height: HEIGHT, channels: 4 } as const;
  const target = chooseTarget(undefined, image, 1);
  const result = new Uint8Array(data.length);
  const run = new Run(pool, {
    cutter: new TileCutter({
      image,
      plan,
      target,
      tiles: orderTiles(plan, target, 1, undefined),
      scale: 1,
      alpha: false,
      ownAlpha: false,
    }),
    image,
    target,
    alpha: false,
    priority: 0,
    signal: undefined,
    ontile: (tile) => place(tile, result),
    ...more,
  });
  return { run, plan, data, result };
}

function place(tile: TileResult, result: Uint8Array): void {
  for (let y = 0; y < tile.height; y++) {
    const row = tile.data.subarray(y * tile.width * 4, (y + 1) * tile.width * 4);
    result.set(row, ((tile.y + y) * WIDTH + tile.x) * 4);
  }
}

test('tiles come back in their places', async (context) => {
  const { pool, workers } = harness(context);
  assert.equal((await pool.describe()).name, 'fixture');
  const { run, data, result } = makeRun(pool, 0);
  run.start();
  await run.finished;
  assert.deepEqual(result, data);
  assert.equal(workers.length, 2);
});

for (const [name, mark] of [
  ['exits', EXIT],
  ['throws', THROW],
  ['is poisoned by a trap', POISON],
] as const) {
  test(`a worker that ${name} is replaced and its tile tried once more`, async (context) => {
    // One place: with a second one, its worker might do the tile before a replacement is needed.
    const { pool, workers } = harness(context, { failures: 1, size: 1 });
    const { run, data, result } = makeRun(pool, mark);
    run.start();
    await run.finished;
    assert.deepEqual(result, data);
    assert.equal(workers.length, 2);
  });

  test(`a tile over which a second worker ${name} fails its run`, async (context) => {
    const { pool } = harness(context, { failures: 1000 });
    const { run } = makeRun(pool, mark);
    run.start();
    await assert.rejects(run.finished, { code: 'ERR_WORKER_CRASHED', retryable: true });
    // The next run works.
    const next = makeRun(pool, 0);
    next.run.start();
    await next.run.finished;
    assert.deepEqual(next.result, next.data);
  });
}

test('a silent worker is given up', async (context) => {
  const { pool } = harness(context, { failures: 1000, silence: 200 });
  const { run } = makeRun(pool, SILENCE);
  run.start();
  await assert.rejects(run.finished, { code: 'ERR_TIMEOUT' });
});

test('a worker that reports progress is not silent, and its run hears it', async (context) => {
  const { pool, workers } = harness(context, { failures: 1, silence: 1000, size: 1 });
  const parts: number[] = [];
  const { run, plan, data, result } = makeRun(pool, CRAWL, { onpart: (done) => parts.push(done) });
  run.start();
  await run.finished;
  assert.deepEqual(result, data);
  assert.equal(workers.length, 1);
  assert.ok(parts.length >= 5, `${parts.length} reports`);
  assert.ok(parts.every((part, i) => part > (parts[i - 1] ?? 0) && part < plan.count));
});

test('no worker that says it is done keeps a tile from those who hear of the progress', async (context) => {
  const { pool } = harness(context, { failures: 1000 });
  const told: number[] = [];
  const tiles: number[] = [];
  const { run, plan } = makeRun(pool, BOAST, {
    onpart: (done) => told.push(done),
    ontile: ({ index }) => tiles.push(index),
  });
  run.start();
  await run.finished;
  assert.equal(told.length, plan.count);
  assert.ok(Math.max(...told) < plan.count, String(told));
  assert.equal(tiles.length, plan.count);
});

test('the slow tile of an aborted run is ended, and its worker kept', async (context) => {
  const { pool, workers } = harness(context, { failures: 1, size: 1 });
  await pool.describe();
  const { run } = makeRun(pool, CRAWL);
  run.start();
  await sleep(60);
  const begun = performance.now();
  run.cancel('enough');
  await assert.rejects(run.finished, (reason) => reason === 'enough');
  const next = makeRun(pool, 0);
  next.run.start();
  await next.run.finished;
  assert.ok(performance.now() - begun < 1000);
  assert.equal(workers.length, 1);
});

test('an error of the core reaches the caller, and the worker stays', async (context) => {
  const { pool, workers } = harness(context, { failures: 1 });
  const { run } = makeRun(pool, REFUSE);
  run.start();
  await assert.rejects(run.finished, { code: 'ERR_OUT_OF_MEMORY', details: { bytes: 7 } });
  const next = makeRun(pool, 0);
  next.run.start();
  await next.run.finished;
  assert.equal(workers.length, 2);
});

test('a worker script that does not exist fails the start', async (context) => {
  const { workerPool } = harness(context, { script: new URL('./nowhere.mjs', import.meta.url) });
  await assert.rejects(workerPool.start(), { code: 'ERR_WORKER_CRASHED' });
});

test('an idle worker that dies is replaced when it is needed', async (context) => {
  const { pool, workers } = harness(context, { size: 1 });
  await pool.describe();
  await workers[0]?.terminate();
  const { run } = makeRun(pool, 0);
  run.start();
  await run.finished;
  assert.equal(workers.length, 2);
});

test('an abort rejects at once with its reason, and the pool goes on', async (context) => {
  const { pool } = harness(context, { delay: 100 });
  const controller = new AbortController();
  const { run } = makeRun(pool, 0, { signal: controller.signal });
  run.start();
  await sleep(150);
  const begun = performance.now();
  controller.abort('enough');
  await assert.rejects(run.finished, (reason) => reason === 'enough');
  assert.ok(performance.now() - begun < 50);
  const next = makeRun(pool, 0);
  next.run.start();
  await next.run.finished;
  assert.deepEqual(next.result, next.data);
});

test('an aborted run leaves no busy worker behind for long', async (context) => {
  const { pool, workers } = harness(context, { size: 1, failures: 1000, silence: 60_000 });
  await pool.describe();
  const { run } = makeRun(pool, SILENCE);
  run.start();
  run.cancel('enough');
  const next = makeRun(pool, 0);
  next.run.start();
  await next.run.finished;
  assert.equal(workers.length, 2);
});

test('an exception of the receiver ends the run', async (context) => {
  const { pool } = harness(context);
  const { run } = makeRun(pool, 0, {
    ontile() {
      throw new Error('no thanks');
    },
  });
  run.start();
  await assert.rejects(run.finished, { message: 'no thanks' });
});

test('dispose rejects what is pending and ends the workers', async (context) => {
  const { pool, workerPool, workers } = harness(context, { delay: 200 });
  await pool.prepareAll({ width: 8, height: 8, alpha: false, rows: 0 });
  const { run } = makeRun(pool, 0);
  run.start();
  await sleep(100);
  await workerPool.dispose(new TesseraError('ERR_DISPOSED', 'over'));
  await assert.rejects(run.finished, { code: 'ERR_DISPOSED' });
  // A thread that has ended has no id any more.
  assert.deepEqual(
    workers.map(({ threadId }) => threadId),
    [-1, -1],
  );
  assert.throws(() => makeRun(pool, 0).run.start(), { code: 'ERR_DISPOSED' });
});

test('two runs share the workers', async (context) => {
  const { pool } = harness(context, { size: 1 });
  const order: string[] = [];
  const runs = ['a', 'b'].map((name) => makeRun(pool, 0, { ontile: () => order.push(name) }));
  for (const { run } of runs) run.start();
  await Promise.all(runs.map(({ run }) => run.finished));
  const firstB = order.indexOf('b');
  assert.ok(firstB >= 0 && firstB < 3, order.join());
});

test('a slow receiver holds the workers back', async (context) => {
  const { pool } = harness(context);
  await pool.prepareAll({ width: 8, height: 8, alpha: false, rows: 0 });
  let received = 0;
  const { run, plan } = makeRun(pool, 0, { mostInFlight: 2, ontile: () => void received++ });
  run.start();
  await sleep(300);
  assert.equal(received, 2);
  for (let i = 0; i < plan.count; i++) run.release();
  await run.finished;
  assert.equal(received, plan.count);
});

test('a worker can be prepared ahead, and answers with its memory', async (context) => {
  const { pool, workers } = harness(context);
  const shape = { width: 8, height: 8, alpha: false, rows: 0 };
  assert.equal((await new Errand(pool, { type: 'prepare', shape }).run()).heapBytes, 42);
  assert.equal(workers.length, 1);
  await pool.prepareAll(shape);
  assert.equal(workers.length, 2);
});

test('idle workers are ended when asked, and come back', async (context) => {
  const { pool, workers } = harness(context, { size: 1, idleTimeout: 50 });
  const first = makeRun(pool, 0);
  first.run.start();
  await first.run.finished;
  await sleep(200);
  assert.equal(workers[0]?.threadId, -1);
  const second = makeRun(pool, 0);
  second.run.start();
  await second.run.finished;
  assert.deepEqual(second.result, second.data);
});

test('a worker holds several models, and forgets the one that was used longest ago', async (context) => {
  const { pool, workerPool, workers } = harness(context, { size: 1 });
  const others = [1, 2, 3, 4].map(() => new PooledModel(workerPool, SETUP, 'lean'));
  const shape = { width: 8, height: 8, alpha: false, rows: 0 };
  const held: number[] = [];
  for (const model of [pool, ...others, pool]) {
    const { heapBytes } = await new Errand(model, { type: 'prepare', shape }).run();
    held.push(heapBytes - 41);
  }
  assert.deepEqual(held, [1, 2, 3, 4, 4, 4]);
  assert.equal(workers.length, 1);
});

test('a model that is closed leaves its place, and the last one ends the workers', async (context) => {
  const { pool, workerPool, workers } = harness(context, { size: 1, delay: 100 });
  const other = new PooledModel(workerPool, SETUP, 'lean');
  const running = makeRun(other, 0);
  running.run.start();
  const { run, data, result } = makeRun(pool, 0);
  run.start();
  await other.close(new TesseraError('ERR_DISPOSED', 'over'));
  await assert.rejects(running.run.finished, { code: 'ERR_DISPOSED' });
  await run.finished;
  assert.deepEqual(result, data);
  const shape = { width: 8, height: 8, alpha: false, rows: 0 };
  const third = new PooledModel(workerPool, SETUP, 'lean');
  const { heapBytes } = await new Errand(third, { type: 'prepare', shape }).run();
  assert.equal(heapBytes, 41 + 2);
  await third.close('over');
  assert.notEqual(workers[0]?.threadId, -1);
  await pool.close('over');
  assert.equal(workers[0]?.threadId, -1);
});

test('where memory runs out, a worker is started anew without the other models', async (context) => {
  const { pool, workerPool, workers } = harness(context, { size: 1, failures: 1 });
  await new PooledModel(workerPool, SETUP, 'lean').describe();
  const { run, data, result } = makeRun(pool, REFUSE);
  run.start();
  await run.finished;
  assert.deepEqual(result, data);
  assert.equal(workers.length, 2);
});

test('a worker without the core that a model needs makes way for one with it', async (context) => {
  const { pool, workerPool, workers, core } = harness(context, { size: 1 });
  await pool.describe();
  core.kind = 'full';
  const own = new PooledModel(workerPool, SETUP, 'full');
  await own.describe();
  assert.equal(workers.length, 2);
  assert.equal(workers[0]?.threadId, -1);
  const { run, data, result } = makeRun(pool, 0);
  run.start();
  await run.finished;
  assert.deepEqual(result, data);
  assert.equal(workers.length, 2);
});

test('a model that is paused does not hold up the others', async (context) => {
  const { pool, workerPool } = harness(context, { size: 1 });
  const other = new PooledModel(workerPool, SETUP, 'lean');
  pool.pause();
  const [held, free] = [makeRun(pool, 0), makeRun(other, 0)];
  held.run.start();
  free.run.start();
  await free.run.finished;
  let over = false;
  void held.run.finished.then(() => {
    over = true;
  });
  await sleep(50);
  assert.equal(over, false);
  pool.resume();
  await held.run.finished;
});
