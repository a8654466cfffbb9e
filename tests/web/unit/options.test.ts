import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkEstimate,
  resolveCreate,
  resolveOutput,
  resolveRun,
} from '../../../web/src/options.ts';

test('create() has defaults for everything', () => {
  const options = resolveCreate();
  assert.equal(options.model, 'photo-x2');
  assert.equal(options.variant, 'auto');
  assert.ok(options.workers >= 1 && options.workers <= 8);
});

for (const [options, message] of [
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
  assert.equal(resolveRun({}, 128).tileSize, 128);
  assert.equal(resolveRun({ tileSize: 64 }, 128).tileSize, 64);
  assert.equal(resolveRun({}).tileSize, undefined);
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
