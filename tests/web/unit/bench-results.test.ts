import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { difference, type Row, ratios, timing } from '../../../bench/lib/results.ts';
import { targetOf } from '../../../bench/web/targets.ts';

const row = (subject: string, kind: string, ms: number, more: Partial<Row> = {}): Row => ({
  ...{ workload: 'tile', net: 'plain32', pixels: 64, subject, kind, threads: 1, isolated: false },
  ...{ ms_min: ms, ms_med: 2 * ms, spread: 0, gmacs: null, bytes: null },
  ...more,
});

describe('results of the comparison', () => {
  test('times are summed up by their fastest, their median and their spread', () => {
    assert.deepEqual(timing([30, 10, 20]), { ms_min: 10, ms_med: 20, spread: 2 / 3 });
  });

  test('pictures differ by their colours; alpha is left out', () => {
    assert.deepEqual(difference([1, 2, 3, 255], [1, 4, 4, 0]), { mean: 1, max: 2 });
    assert.throws(() => difference([1], [1, 2]), RangeError);
  });

  test("a ratio is the fastest of the peer's best by ours", () => {
    const rows = [
      row('tessera', 'int8', 10),
      row('tessera', 'float', 20),
      row('litert', 'float', 40),
      row('litert', 'int8', 30),
      row('litert', 'int8-leaky', 5),
    ];
    const [one, ...others] = ratios(rows);
    assert.deepEqual(others, []);
    assert.equal(one?.ratio, 3);
    assert.deepEqual([one?.peer_kind, one?.our_kind], ['int8', 'int8']);
    assert.equal(ratios(rows, () => true)[0]?.ratio, 0.5);
  });

  test('ratios are made within one browser', () => {
    const firefox = { browser: 'firefox' as const };
    const rows = [
      row('tessera', 'int8', 10),
      row('litert', 'int8', 20, { browser: 'chromium' }),
      row('tessera', 'int8', 30, firefox),
      row('litert', 'int8', 90, firefox),
      row('tfjs-wasm', 'float', 90, firefox),
    ];
    assert.deepEqual(
      ratios(rows).map(({ browser, peer, ratio }) => [browser, peer, ratio]),
      [
        ['chromium', 'litert', 2],
        ['firefox', 'litert', 3],
        ['firefox', 'tfjs-wasm', 3],
      ],
    );
  });

  test('only what is measured alike is compared', () => {
    const rows = [
      row('tessera', 'int8', 10),
      row('tessera', 'int8', 5, { threads: 2 }),
      row('litert', 'int8', 20),
      row('litert', 'int8', 20, { threads: 2 }),
      row('litert', 'int8', 20, { net: 'srvgg16' }),
    ];
    assert.deepEqual(
      ratios(rows).map(({ threads, ratio }) => [threads, ratio]),
      [
        [1, 2],
        [2, 4],
      ],
    );
  });

  test("UpscalerJS is compared on its own network, with a target for the default one's large pictures", () => {
    const of = (net: string, pixels: number) => {
      const more = { workload: 'picture', net, pixels };
      const [ratio, ...others] = ratios([
        row('tessera', 'float', 30, more),
        row('tessera', 'int8', 10, more),
        row('upscaler', 'float', 90, more),
        row('litert', 'float', 20, { ...more, net: 'photo-x2' }),
      ]);
      assert.deepEqual(others, []);
      return [ratio?.ratio, ratio && targetOf(ratio)];
    };
    assert.deepEqual(of('default-model', 1e6), [9, 8]);
    assert.deepEqual(of('default-model', 250000), [9, null]);
    assert.deepEqual(of('esrgan-slim-x4', 1e6), [9, null]);
  });
});
