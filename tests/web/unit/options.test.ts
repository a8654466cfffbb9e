import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveCreate } from '../../../web/src/create-options.ts';
import { checkEstimate, resolveOutput, resolveRun } from '../../../web/src/options.ts';
import { Pool } from '../../../web/src/pool/pool.ts';
import { resolvePool } from '../../../web/src/pool/pool-options.ts';

test('create() has defaults for everything', () => {
  const options = resolveCreate();
  assert.equal(options.model, 'photo-x2');
  assert.equal(options.timeout, 60_000);
});

test('what pixels are to a network becomes metadata', () => {
  const { metadata } = resolveCreate({
    inputRange: [0, 255],
    outputRange: [-1, 1],
    mean: [0.4488, 0.4371, 0.404],
    std: 2,
    color: 'bgr',
    layout: 'nhwc',
    border: 2,
  });
  assert.deepEqual(metadata, {
    'tessera.color': 'bgr',
    'tessera.layout': 'nhwc',
    'tessera.input_range': '0,255',
    'tessera.output_range': '-1,1',
    'tessera.mean': '0.4488,0.4371,0.404',
    'tessera.std': '2',
    'tessera.border': '2',
  });
  assert.deepEqual(resolveCreate().metadata, {});
});

for (const [options, message] of [
  [{ inputRange: [1, 0] }, /inputRange must increase/],
  [{ inputRange: [0, 1, 2] }, /inputRange must have 2 numbers, not 3/],
  [{ outputRange: [0, Number.NaN] }, /outputRange must be finite/],
  [{ mean: [1, 2] }, /mean must have 1 or 3 or 4 numbers, not 2/],
  [{ mean: Number.POSITIVE_INFINITY }, /mean must be finite/],
  [{ std: [1, 0, 1] }, /std must be positive/],
  [{ color: 'cmyk' }, /color must be one of rgb, bgr, y, y-full, gray/],
  [{ layout: 'chw' }, /layout must be one of nchw, nhwc/],
  [{ border: 1.5 }, /border must be a whole number of at least 0, not 1.5/],
  [{ border: 65 }, /border must be at most 64, not 65/],
  [{ workers: 0 }, /workers/],
  [{ workers: 1.5 }, /workers/],
  [{ workers: 1000 }, /workers/],
  [{ tileSize: -4 }, /tileSize/],
  [{ timeout: 0 }, /timeout/],
  [{ timeout: Number.NaN }, /timeout/],
  [{ idleTimeout: -1 }, /idleTimeout/],
  [{ variant: 'avx' }, /variant must be one of auto, simd/],
] as const) {
  test(`create() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => resolveCreate(options as object), { name: 'RangeError', message });
  });
}

for (const [options, message] of [
  [{ inputRange: '0,255' }, /inputRange must be an array of numbers/],
  [{ mean: ['1', 2, 3] }, /mean must be an array of numbers/],
  [{ border: '2' }, /border must be a number/],
  [{ workers: '4' }, /workers must be a number/],
  [{ onprogress: 1 }, /onprogress must be a function/],
  [{ createWorker: {} }, /createWorker must be a function/],
  [{ signal: {} }, /signal must be an AbortSignal/],
] as const) {
  test(`create() refuses the type of ${JSON.stringify(options)}`, () => {
    assert.throws(() => resolveCreate(options as object), { name: 'TypeError', message });
  });
}

test('a run takes the names that UpscalerJS users know', () => {
  const progress = () => {};
  const settings = resolveRun({ patchSize: 96, padding: 4, progress });
  assert.equal(settings.tileSize, 96);
  assert.equal(settings.onprogress, progress);
});

test('a run takes the tile size of its upscaler unless it names its own', () => {
  assert.equal(resolveRun({}, { tileSize: 128 }).tileSize, 128);
  assert.equal(resolveRun({ tileSize: 64 }, { tileSize: 128 }).tileSize, 64);
  assert.equal(resolveRun({}).tileSize, undefined);
});

test('an overlap is exact or a number of pixels', () => {
  assert.equal(resolveRun({}, { overlap: 'exact' }).overlap, 'exact');
  assert.equal(resolveRun({ overlap: 0 }, { overlap: 'exact' }).overlap, 0);
  assert.equal(resolveRun({}).overlap, undefined);
  assert.throws(() => resolveRun({ overlap: 'wide' as 'exact' }), TypeError);
  assert.throws(() => resolveRun({ overlap: -1 }), RangeError);
  assert.throws(() => resolveCreate({ overlap: 1.5 }), RangeError);
});

test('a run refuses unknown words', () => {
  assert.throws(() => resolveRun({ alpha: 'drop' as 'keep' }), /alpha must be one of keep, ignore/);
  assert.throws(() => resolveRun({ priority: Number.NaN }), TypeError);
  assert.throws(() => resolveOutput({ output: 'jpeg' as 'blob' }), /output must be one of/);
});

test('the default output is what this host has', () => {
  assert.equal(resolveOutput({}).kind, 'raw');
});

test('an estimate needs whole extents', () => {
  assert.throws(() => checkEstimate({ width: 0, height: 4 }), RangeError);
  assert.throws(() => checkEstimate({ width: 4, height: 4.5 }), RangeError);
});

test('integrity is refused for a family, whose files are several', () => {
  assert.throws(() => resolveCreate({ model: 'photo', integrity: 'sha256-AAAA' }), {
    name: 'TypeError',
    message: /several/,
  });
});

test('what a pool has chosen is not chosen again', () => {
  const pool = new Pool({ workers: 3 });
  assert.equal(resolveCreate({ pool, timeout: 5 }).pool, pool);
  assert.throws(() => resolveCreate({ pool, workers: 2, variant: 'simd' }), {
    name: 'TypeError',
    message: /workers, variant: the pool/,
  });
  assert.throws(() => resolveCreate({ pool: {} as Pool }), { name: 'TypeError', message: /pool/ });
});

for (const [navigator, workers] of [
  [{ hardwareConcurrency: 4 }, 4],
  [{ hardwareConcurrency: 32 }, 8],
  [{ hardwareConcurrency: 8, deviceMemory: 2 }, 4],
  [{ hardwareConcurrency: 8, deviceMemory: 0.25 }, 1],
  [{}, 1],
] as const) {
  test(`a pool of ${JSON.stringify(navigator)} has ${workers} workers`, (context) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    context.after(() => own && Object.defineProperty(globalThis, 'navigator', own));
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    assert.equal(resolvePool({}).workers, workers);
  });
}
