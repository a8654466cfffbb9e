import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { barChart } from '../../../bench/lib/chart.ts';
import { readmeSection, tileChart } from '../../../bench/lib/report.ts';
import type { Results, Row } from '../../../bench/lib/results.ts';
import { reportFiles, resultsPath } from '../../../bench/lib/saved.ts';
import { ROOT } from '../../../scripts/lib/paths.mjs';

const row = (subject: string, ms: number): Row => ({
  ...{ workload: 'tile', net: 'plain32', pixels: 16384, subject, kind: 'int8', threads: 1 },
  ...{ isolated: false, ms_min: ms, ms_med: ms, spread: 0, gmacs: 1, bytes: null },
});

const RESULTS: Results = {
  workload: 'tile',
  date: '2026-01-02',
  machine: { processor: 'P', cores: 2, browser: 'B', vnni_hidden: false, load: [0.25, 1] },
  peak: { before: { int8: 50, float: 20 }, after: { int8: 51, float: 21 } },
  versions: { tessera: '0', litert: '2.5.3' },
  rows: [row('tessera', 10), row('litert', 17.5)],
};

describe('the report', () => {
  test('README and the charts are what the saved results say', () => {
    for (const [path, text] of reportFiles()) {
      assert.equal(
        readFileSync(join(ROOT, path), 'utf8'),
        text,
        `${path} is out of date: run \`npm run bench:report\``,
      );
    }
  });

  test('has our time, ratios to each peer, and the conditions', () => {
    const section = readmeSection([RESULTS]);
    assert.match(section, /\| plain32, 128² \| 10\.0 ms \| 1\.75x \(int8\) \|/);
    assert.match(section, /P, 2 cores, B, load 0\.3 to 1\.0; LiteRT\.js 2\.5\.3/);
  });

  test('says with which command the same is measured', () => {
    assert.match(readmeSection([RESULTS]), /\(`npm run bench -- --workload tile`\)/);
    const results = { ...RESULTS, options: ['--threads', '1,2'], data: 'B100' };
    assert.match(readmeSection([results]), /--workload tile --data B100 --threads 1,2`/);
  });

  test('tells runs without AVX-VNNI apart, which have no chart', () => {
    const hidden = { ...RESULTS, machine: { ...RESULTS.machine, vnni_hidden: true } };
    const section = readmeSection([RESULTS, hidden]);
    assert.match(section, /Measured on.*AVX-VNNI hidden.*10\.0 ms/s);
    assert.equal(section.split('tile.svg').length, 2);
    assert.equal(resultsPath(RESULTS), 'bench/results/tile.json');
    assert.equal(resultsPath(hidden), 'bench/results/tile-no-vnni.json');
  });

  test('says which flags of V8 were on', () => {
    const flags = { ...RESULTS, machine: { ...RESULTS.machine, js_flags: '--wasm-revectorize' } };
    const section = readmeSection([RESULTS, flags]);
    assert.match(section, /Measured on.*With V8's `--wasm-revectorize`.*10\.0 ms/s);
    assert.equal(section.split('tile.svg').length, 2);
    assert.equal(resultsPath(flags), 'bench/results/tile-wasm-revectorize.json');
  });

  test('tells browsers apart, and has one chart', () => {
    const inFirefox = [row('tessera', 20), row('litert', 60)].map((each) => ({
      ...{ ...each, browser: 'firefox' as const },
    }));
    const both = { ...RESULTS, rows: [...RESULTS.rows, ...inFirefox] };
    const section = readmeSection([both]);
    assert.match(section, /In Chromium.*10\.0 ms \| 1\.75x.*In Firefox.*20\.0 ms \| 3\.00x/s);
    assert.equal(section.split('tile.svg').length, 2);
    assert.equal(section.split("One core's peak").length, 2);
    assert.equal(tileChart(both), tileChart(RESULTS));
  });

  test('says so when the machine was busy, or its peak not steady', () => {
    const rough = /these numbers are rough/;
    assert.doesNotMatch(readmeSection([RESULTS]), rough);
    const loaded = { ...RESULTS, machine: { ...RESULTS.machine, load: [0.5, 3.5] } };
    assert.match(readmeSection([loaded as Results]), rough);
    const peak = { before: { int8: 21, float: 15 }, after: { int8: 36, float: 23 } };
    assert.match(readmeSection([{ ...RESULTS, peak }]), rough);
  });

  test('has those columns of memory that were measured', () => {
    const picture = (extra: Record<string, number>) =>
      readmeSection([
        { ...RESULTS, workload: 'picture', rows: [{ ...row('tessera', 10), extra }] },
      ]);
    assert.match(picture({ memory_mb: 100 }), /\| memory \|\n.*\n.* 100 MB \|\n/);
    const all = picture({ memory_mb: 100, wasm_mb: 33.6, js_heap_mb: 7 });
    assert.match(all, /\| memory \| wasm memory \| JS heap \|\n.*\n.* 100 MB \| 34 MB \| 7 MB \|/);
  });

  test('says what a pixel costs as pictures grow', () => {
    const of = (pixels: number, ms: number, threads: number): Row => ({
      ...{ ...row('tessera', ms), workload: 'scaling', pixels, threads },
    });
    const rows = [of(1e5, 300, 1), of(1e6, 2000, 1), of(4e6, 8400, 1), of(4e6, 4400, 2)];
    const section = readmeSection([{ ...RESULTS, workload: 'scaling', rows }]);
    assert.match(section, /\| picture \| 1 worker \| 2 workers \|/);
    assert.match(section, /\| 0\.10 MP \| 3\.00 µs \| - \|/);
    assert.match(section, /\| 4\.00 MP \| 2\.10 µs \| 1\.10 µs \|/);
    assert.match(section, /\| {2}\| 5\.0 % \| - \|/);
  });

  test('bars are as long as their values', () => {
    const chart = tileChart(RESULTS);
    const widths = [...chart.matchAll(/<rect[^>]* width="(\d+)"/g)].map(([, width]) =>
      Number(width),
    );
    assert.equal(widths.length, 2);
    assert.ok(Math.abs((widths[1] as number) / (widths[0] as number) - 1.75) < 0.01);
    const bar = { label: '<&>', value: 1, text: '1', ours: true };
    assert.match(barChart('t', [{ title: 'g', bars: [bar] }]), /&lt;&amp;&gt;/);
  });
});
