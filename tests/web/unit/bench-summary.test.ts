import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planRound } from '../../../bench/lib/rounds.ts';
import {
  best,
  type Entry,
  gmacs,
  summariseLayers,
  summarisePeaks,
  summariseSchedules,
} from '../../../bench/lib/summary.ts';
import { planSubjects, summariseTile } from '../../../bench/lib/tiles.ts';

function entry(who: string, type: string, layer: string, multiplications: number): Entry {
  const name = [who, type, layer].filter(Boolean).join('/');
  return { name, who, type, layer, multiplications, realMultiplications: multiplications };
}

const ENTRIES: Entry[] = [
  entry('peak', 'int8', '', 4e9),
  entry('peak', 'float', '', 1e9),
  entry('tessera', 'int8', 'body', 1e9),
  entry('xnnpack', 'int8', 'body', 1e9),
  entry('xnnpack', 'float', 'body', 1e9),
  { ...entry('tessera', 'int8', 'head', 4e9), realMultiplications: 3e9 },
  { ...entry('xnnpack', 'int8', 'head', 4e9), realMultiplications: 3e9 },
];

const SAMPLES = new Map([
  ['peak/int8', [0.25, 0.125, 0.5]],
  ['peak/float', [0.1, 0.1]],
  ['tessera/int8/body', [0.05, 0.1]],
  ['xnnpack/int8/body', [0.125]],
  ['xnnpack/float/body', [0.2]],
  ['tessera/int8/head', [0.5]],
]);

describe('benchmark summaries', () => {
  test('the fastest of the measurements counts, and the spread says how far they lie apart', () => {
    assert.deepEqual(best([0.3, 0.2, 0.4]), { seconds: 0.2, spread: 0.5 });
    assert.deepEqual(best([0.3]), { seconds: 0.3, spread: 0 });
    assert.throws(() => best([]), RangeError);
  });

  test('speeds are 10^9 multiplications per second', () => {
    assert.equal(gmacs(3e9, 1.5), 2);
  });

  test('peaks are taken from all rounds', () => {
    const peak = summarisePeaks(ENTRIES, SAMPLES);
    assert.equal(peak.int8, 32);
    assert.equal(peak.float, 10);
    assert.equal(peak.spread.int8, 0.75);
    assert.equal(peak.spread.float, 0);
  });

  test('a run without a peak is an error', () => {
    assert.throws(() => summarisePeaks(ENTRIES.slice(1), SAMPLES), RangeError);
    assert.throws(() => summarisePeaks(ENTRIES, new Map()), RangeError);
  });

  test('layers are related to the peak of their type', () => {
    const layers = summariseLayers(ENTRIES, SAMPLES, { int8: 40, float: 10 });
    assert.deepEqual(layers, [
      {
        name: 'body',
        gmacs: 20,
        share: 0.5,
        spread: 0.5,
        xnnpack: 8,
        xnnpack_float: 5,
        xnnpack_float_share: 0.5,
      },
      {
        name: 'head',
        gmacs: 8,
        share: 0.2,
        gmacs_rgb: 6,
        spread: 0,
        xnnpack: null,
        xnnpack_float: null,
        xnnpack_float_share: null,
      },
    ]);
  });

  test('schedules are related to the layers of their own chain', () => {
    const schedule = (chain: string, type: string): Entry => ({
      ...entry('schedule', type, chain, 1e9),
      name: `${chain} ${type}`,
    });
    const entries = [
      ...ENTRIES,
      schedule('small', 'layers'),
      schedule('small', 'bands 4'),
      schedule('large', 'layers'),
      schedule('large', 'bands 4'),
      schedule('other', 'layers'),
      schedule('other', 'bands 4'),
    ];
    const samples = new Map([
      ['small layers', [0.1]],
      ['small bands 4', [0.08, 0.16]],
      ['large layers', [0.2]],
      ['large bands 4', [0.4]],
      ['other bands 4', [0.1]],
    ]);
    const nothing = { gmacs: null, share: null, spread: null, ratio: null };
    assert.deepEqual(summariseSchedules(entries, samples, { int8: 20 }), [
      { name: 'small layers', gmacs: 10, share: 0.5, spread: 0, ratio: 1 },
      { name: 'small bands 4', gmacs: 12.5, share: 0.625, spread: 0.5, ratio: 1.25 },
      { name: 'large layers', gmacs: 5, share: 0.25, spread: 0, ratio: 1 },
      { name: 'large bands 4', gmacs: 2.5, share: 0.125, spread: 0, ratio: 0.5 },
      { name: 'other layers', ...nothing },
      { name: 'other bands 4', gmacs: 10, share: 0.5, spread: 0, ratio: null },
    ]);
  });

  test('every round measures each layer once, and the peaks before, between and after', () => {
    const layers = Array.from({ length: 9 }, (_, i) => entry('tessera', 'int8', `layer${i}`, 1));
    const peaks = ENTRIES.filter(({ who }) => who === 'peak');
    const plan = planRound([...peaks, ...layers]);
    const isPeak = (index: number) => plan[index]?.who === 'peak';
    assert.ok(isPeak(0) && isPeak(1) && isPeak(plan.length - 2) && isPeak(plan.length - 1));
    assert.deepEqual(
      plan.filter(({ who }) => who !== 'peak'),
      layers,
    );
    assert.ok(plan.slice(2, -2).some(({ who }) => who === 'peak'));
  });

  test('every combination is a tile to measure, those to compare beside each other', () => {
    const subjects = planSubjects({
      nets: ['plain32', 'srvgg16'],
      kinds: ['float', 'int8'],
      variants: ['relaxed'],
      workers: [1, 2],
    });
    const tiles = subjects.map(({ net, tile }) => `${net} ${tile}`);
    assert.deepEqual([...new Set(tiles)], ['plain32 128', 'srvgg16 64', 'srvgg16 128']);
    // Each group is one piece: it changes as often as there are groups, less one.
    const changes = tiles.filter((name, i) => i > 0 && name !== tiles[i - 1]);
    assert.equal(changes.length, 2);
    assert.equal(subjects.length, 3 * 2 * 2);
    const chosen = planSubjects({
      nets: ['srresnet'],
      tiles: [32, 48],
      kinds: ['int8'],
      variants: ['simd', 'relaxed'],
      workers: [1],
    });
    assert.deepEqual(
      chosen.map(({ tile, variant }) => [tile, variant]),
      [
        [32, 'simd'],
        [32, 'relaxed'],
        [48, 'simd'],
        [48, 'relaxed'],
      ],
    );
  });

  test('a tile is related to the peak of as many cores as there are workers', () => {
    const subject = {
      net: 'plain32',
      tile: 100,
      kind: 'int8',
      variant: 'relaxed',
      isolated: false,
    } as const;
    const peak = { int8: 20, float: 10 };
    const one = summariseTile({ ...subject, workers: 1 }, [80, 50], 50_000, peak);
    assert.equal(one.ms, 50);
    assert.equal(one.gmacs, 10);
    assert.equal(one.share, 0.5);
    const two = summariseTile({ ...subject, workers: 2 }, [25], 50_000, peak);
    assert.equal(two.gmacs, 20);
    assert.equal(two.share, 0.5);
    const float = summariseTile({ ...subject, workers: 1, kind: 'float' }, [50], 50_000, peak);
    assert.equal(float.share, 1);
  });
});
