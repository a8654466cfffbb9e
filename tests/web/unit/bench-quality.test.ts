import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { qualityChart, qualitySection } from '../../../bench/lib/quality.ts';
import { readmeSection } from '../../../bench/lib/report.ts';
import type { Results, Row } from '../../../bench/lib/results.ts';
import { logTicks, scatterChart } from '../../../bench/lib/scatter.ts';

const row = (subject: string, net: string, psnr: number, seconds: number, threads = 1): Row => ({
  ...{ workload: 'quality', net, pixels: 250000, subject, kind: 'int8', threads },
  ...{ isolated: false, ms_min: 1, ms_med: 1, spread: 0, gmacs: 1, bytes: null },
  extra: { scale: 2, psnr_y: psnr, bicubic_psnr_y: 30, s_per_megapixel: seconds },
});

const RESULTS: Results = {
  workload: 'quality',
  date: '2026-01-02',
  machine: { processor: 'P', cores: 2, browser: 'B', vnni_hidden: false, load: [0, 0] },
  peak: null,
  versions: {},
  data: 'photos',
  rows: [
    row('tessera', 'small', 31.5, 0.2),
    row('upscaler', 'slow', 29.5, 20),
    row('tessera', 'small', 31.5, 0.1, 2),
  ],
};

/** Middles of the dots. */
const dotsOf = (chart: string): [number, number][] =>
  [...chart.matchAll(/<circle cx="(\d+)" cy="(\d+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

describe('quality by time', () => {
  test('the table has gains over bicubic, losses too, and says on what', () => {
    const section = qualitySection(RESULTS);
    assert.match(
      section,
      /\| Tessera \| small \(int8\) \| x2 \| 31\.50 dB \| \+1\.50 dB \| 1 \| 0\.20 s/,
    );
    assert.match(section, /\| UpscalerJS \| slow .* \| -0\.50 dB \| 1 \| 20\.00 s/);
    assert.match(section, /PSNR-Y on photos/);
    assert.match(readmeSection([RESULTS]), /--workload quality --data photos`/);
  });

  test('a row without a score is an error, not a gap', () => {
    const { extra: _, ...bare } = row('tessera', 'small', 31, 1);
    assert.throws(() => qualitySection({ ...RESULTS, rows: [bare] }), /small has no psnr_y/);
  });

  test('the chart has a dot for each network with the fewest threads; better is up and left', () => {
    const [small, slow, ...others] = dotsOf(qualityChart(RESULTS));
    assert.deepEqual(others, []);
    assert.ok((small?.[0] as number) < (slow?.[0] as number));
    assert.ok((small?.[1] as number) < (slow?.[1] as number));
  });

  test('equal ratios of time are equal distances', () => {
    const at = (x: number) => ({ x, y: 30, label: '', ours: false });
    const axes = { title: '', x: '', y: '' };
    const [a, b, c] = dotsOf(scatterChart(axes, [at(0.1), at(1), at(10)])).map(([x]) => x);
    assert.ok(Math.abs((b as number) - (a as number) - ((c as number) - (b as number))) <= 1);
  });

  test('labels of neighbours do not lie on each other, and stay inside', () => {
    const dots = [1, 1.04, 1.08].map((x) => ({ x, y: 30.5, label: 'a-long-name', ours: true }));
    const texts = [
      ...scatterChart({ title: '', x: '', y: '' }, dots).matchAll(
        /<text x="([\d.]+)" y="([\d.]+)"[^>]*>a-long-name/g,
      ),
    ].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    assert.equal(texts.length, 3);
    assert.equal(new Set(texts.map(({ y }) => y)).size, 3);
    assert.ok(texts.every(({ x }) => x >= 52 && x <= 720));
  });

  test('ticks are around all values, also a single one', () => {
    assert.deepEqual(logTicks(0.3, 4), [0.2, 0.5, 1, 2, 5]);
    assert.deepEqual(logTicks(1, 1), [1, 2]);
    assert.deepEqual(logTicks(0.7, 0.8), [0.5, 1]);
  });
});
