// What README says about speed, made of saved results and of nothing else.

import { barChart } from './chart.ts';
import { BROWSERS } from './driver.ts';
import { qualitySection } from './quality.ts';
import { type Ratio, type Results, type Row, ratios, rowsOf } from './results.ts';
import { scalingSection } from './scaling.ts';
import { table, titleOf } from './words.ts';

const edge = (pixels: number): string => `${Math.round(Math.sqrt(pixels))}²`;
const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;

/** Their names in the order in which they first come. */
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** The fastest row of a subject. */
const bestOf = (rows: readonly Row[], subject: string): Row | undefined =>
  rows
    .filter((row) => row.subject === subject)
    .reduce<Row | undefined>((a, b) => (a && a.ms_min <= b.ms_min ? a : b), undefined);

/** A table for each number of threads that was measured, fewest first. */
function perThreads(
  measured: readonly { threads: number }[],
  tableOf: (threads: number) => string,
): string[] {
  const counts = distinct(measured.map(({ threads }) => threads)).sort((a, b) => a - b);
  return counts.flatMap((threads) => [
    `${threads === 1 ? 'One thread' : `${threads} threads or workers`}:`,
    tableOf(threads),
  ]);
}

function tileTable(rows: readonly Row[], threads: number): string {
  const found = ratios(rows).filter((ratio) => ratio.threads === threads);
  const peers = distinct(found.map(({ peer }) => peer));
  const networks = distinct(found.map(({ net, pixels }) => `${net} ${pixels}`));
  const lines = networks.map((key) => {
    const own = found.filter(({ net, pixels }) => `${net} ${pixels}` === key);
    const [{ net, pixels }] = own as [Ratio];
    const inGroup = rows.filter(
      (row) => row.net === net && row.pixels === pixels && row.threads === threads,
    );
    const ours = bestOf(inGroup, 'tessera') as Row;
    const cells = peers.map((name) => {
      const ratio = own.find(({ peer }) => peer === name);
      return ratio ? `${times(ratio.ratio)} (${ratio.peer_kind})` : '-';
    });
    return [`${net}, ${edge(pixels)}`, `${ours.ms_min.toFixed(1)} ms`, ...cells];
  });
  const head = ['network, tile', 'Tessera', ...peers.map(titleOf)];
  return table(head, lines);
}

const range = (a: number, b: number): string =>
  `${Math.min(a, b).toFixed(0)} to ${Math.max(a, b).toFixed(0)}`;

function tileSection({ rows, peak }: Results): string {
  const peaks = peak
    ? ` One core's peak before and after: ${range(peak.before.int8, peak.after.int8)} GMAC/s in int8, ` +
      `${range(peak.before.float, peak.after.float)} in float.`
    : '';
  return [
    `One tile, the same weights in every library: our time, and how many times as long each peer's ` +
      `best takes. Times are those of the fastest round.${peaks}`,
    ...perThreads(ratios(rows), (threads) => tileTable(rows, threads)),
  ].join('\n\n');
}

/** Their networks: our floats, the peers' floats by them, and our 8 bits beside the fastest peer. */
function networksTable(rows: readonly Row[]): string {
  const peers = distinct(rows.map(({ subject }) => subject)).filter((name) => name !== 'tessera');
  const lines = distinct(rows.map(({ net }) => net)).map((net) => {
    const group = rows.filter((row) => row.net === net);
    const [{ pixels }] = group as [Row];
    const ours = (kind: string) =>
      bestOf(
        group.filter((row) => row.kind === kind),
        'tessera',
      );
    const [float, int8] = [ours('float'), ours('int8')];
    const ms = (row: Row | undefined) => (row ? `${row.ms_min.toFixed(1)} ms` : '-');
    const by = (theirs: Row | undefined, own: Row | undefined) =>
      theirs && own ? times(theirs.ms_min / own.ms_min) : '-';
    const others = peers.flatMap((name) => bestOf(group, name) ?? []);
    const fastest = others.reduce<Row | undefined>(
      (a, b) => (a && a.ms_min <= b.ms_min ? a : b),
      undefined,
    );
    return [
      ...[`${net}, ${edge(pixels)}`, ms(float)],
      ...peers.map((name) => by(bestOf(group, name), float)),
      ...[ms(int8), by(fastest, int8)],
    ];
  });
  const head = ['network, tile', 'Tessera, float', ...peers.map(titleOf)];
  return table([...head, 'Tessera, int8', "by int8: the fastest peer's float"], lines);
}

function networksSection({ rows }: Results): string {
  return [
    'One tile of networks that people use, the same weights in every library, all in float: our ' +
      "time, and how many times as long each peer takes; then our 8 bits, and the fastest peer's " +
      'float by them.',
    ...perThreads(rows, (threads) => networksTable(rows.filter((row) => row.threads === threads))),
  ].join('\n\n');
}

function startSection({ rows }: Results): string {
  const lines = distinct(rows.map(({ subject }) => subject)).map((subject) => {
    const of = (cache: string) =>
      rows.find((row) => row.subject === subject && row.workload === `startup-${cache}`);
    const ms = (row: Row | undefined) => (row ? `${row.ms_min.toFixed(0)} ms` : '-');
    const bytes = of('cold')?.bytes;
    const kilobytes =
      bytes === undefined || bytes === null ? '-' : `${(bytes / 1000).toFixed(0)} kB`;
    return [titleOf(subject), ms(of('cold')), ms(of('warm')), kilobytes];
  });
  const head = ['', 'first tile, cold', 'first tile, warm cache', 'download (brotli)'];
  return `From an empty page to the first upscaled tile, and what is downloaded for it, model left out:\n\n${table(head, lines)}`;
}

/** One of the further measurements of a row, or a dash. */
function extra(row: Row, name: string, digits: number, unit: string): string {
  const value = row.extra?.[name];
  return value === undefined ? '-' : `${value.toFixed(digits)} ${unit}`;
}

/** Those of further columns that any row has a number for. */
const MEMORY: readonly [name: string, head: string][] = [
  ['memory_mb', 'memory'],
  ['wasm_mb', 'wasm memory'],
  ['js_heap_mb', 'JS heap'],
];

function pictureTable(rows: readonly Row[]): string {
  const memory = MEMORY.filter(([name]) => rows.some((row) => row.extra?.[name] !== undefined));
  const lines = rows.map((row) => [
    titleOf(row.subject),
    `${row.net} (${row.kind})`,
    `${(row.pixels / 1e6).toFixed(2)} MP`,
    `${(row.ms_min / 1000).toFixed(2)} s`,
    row.extra?.longest_task_ms === 0 ? 'none of 50 ms' : extra(row, 'longest_task_ms', 0, 'ms'),
    extra(row, 'cpu_s_per_megapixel', 2, 's'),
    ...memory.map(([name]) => extra(row, name, 0, 'MB')),
  ]);
  const head = ['', 'network', 'picture', 'time', 'longest task', 'CPU time per output megapixel'];
  return table([...head, ...memory.map(([, title]) => title)], lines);
}

function pictureSection({ rows }: Results): string {
  return [
    'A whole picture, bytes in and bytes out, with the tiling that comes with each library or, where none does, the usual one.',
    ...perThreads(rows, (threads) => pictureTable(rows.filter((row) => row.threads === threads))),
  ].join('\n\n');
}

const SECTIONS: Record<string, (results: Results) => string> = {
  tile: tileSection,
  networks: networksSection,
  startup: startSection,
  picture: pictureSection,
  scaling: scalingSection,
  quality: qualitySection,
};

const BUSY =
  ' **Other programs had much of the processor meanwhile: everyone took turns, yet these numbers are ' +
  'rough.**';

// The machine's own best changes by a few percent from one moment to the next, not by more.
const PEAK_DRIFT = 0.1;

/** More waits for the processor than a benchmark of half the cores does, or its peak was not steady. */
function isBusy({ machine: { load, cores }, peak }: Results): boolean {
  if (Math.max(...load) > cores + 1) return true;
  if (!peak) return false;
  const [low, high] = [peak.before.int8, peak.after.int8].sort((a, b) => a - b) as [number, number];
  return low < (1 - PEAK_DRIFT) * high;
}

function conditions(results: Results): string {
  const { workload, options = [], date, machine, versions, data, rows } = results;
  const { processor, cores, browser, load } = machine;
  const peers = Object.entries(versions)
    .filter(([name]) => name !== 'tessera' && rows.some(({ subject }) => subject === name))
    .map(([name, version]) => `${titleOf(name)} ${version}`);
  const others = peers.length > 0 ? `; ${peers.join(', ')}` : '';
  const busy = load.map((value) => value.toFixed(1)).join(' to ');
  const folder = data === undefined ? [] : ['--data', data];
  const command = ['npm run bench -- --workload', workload, ...folder, ...options].join(' ');
  return (
    `Measured on ${date} (\`${command}\`): ${processor}, ${cores} cores, ` +
    `${browser}, load ${busy}${others}.${isBusy(results) ? BUSY : ''}`
  );
}

const CHARTS: Record<string, string> = {
  tile: '![Times of one tile with one thread, as multiples of ours](bench/results/tile.svg)',
};

const WITHOUT_VNNI =
  '**As on x86 from before 2021**: with AVX-VNNI hidden from the browser, which then makes the dot product of several instructions.';

const BROWSER_TITLES = { chromium: 'Chromium', firefox: 'Firefox' };

/** What one workload has to say, browser by browser. */
function sectionsOf(results: Results): string[] {
  const section = SECTIONS[results.workload];
  if (section === undefined || results.rows.length === 0) return [];
  const browsers = BROWSERS.filter((browser) => rowsOf(results.rows, browser).length > 0);
  const parts = browsers.flatMap((browser, i) => {
    // The machine's peak is measured in the first of them.
    const peak = i === 0 ? results.peak : null;
    const own = section({ ...results, peak, rows: rowsOf(results.rows, browser) });
    return browsers.length > 1 ? [`**In ${BROWSER_TITLES[browser]}.**`, own] : [own];
  });
  const { vnni_hidden: hidden, js_flags: flags = '' } = results.machine;
  const chart = hidden || flags !== '' ? undefined : CHARTS[results.workload];
  return [
    ...(hidden ? [WITHOUT_VNNI] : []),
    ...(flags === '' ? [] : [`**With V8's \`${flags}\`**, which is off in browsers as they come.`]),
    ...parts,
    ...(chart ? [chart] : []),
    conditions(results),
  ];
}

/** The part of README that the results make. */
export function readmeSection(all: readonly Results[]): string {
  const parts = all.flatMap(sectionsOf);
  const how = '[bench/README.md](bench/README.md) says how everyone was measured.';
  return [...parts, how].join('\n\n');
}

/** Times of one tile with one thread in the first of the browsers, ours being 1. */
export function tileChart({ rows }: Results): string {
  const browser = BROWSERS.find((name) => rowsOf(rows, name).length > 0) ?? BROWSERS[0];
  const found = ratios(rowsOf(rows, browser)).filter(({ threads }) => threads === 1);
  const keys = distinct(found.map(({ net, pixels }) => `${net}, ${edge(pixels)}`));
  const groups = keys.map((title) => {
    const own = found.filter(({ net, pixels }) => `${net}, ${edge(pixels)}` === title);
    const ours = { label: titleOf('tessera'), value: 1, text: '1', ours: true };
    const others = own.map(({ peer, ratio }) => ({
      ...{ label: titleOf(peer), value: ratio, text: times(ratio), ours: false },
    }));
    return { title, bars: [ours, ...others] };
  });
  return barChart('Time of one tile, one thread, each library at its best (ours = 1)', groups);
}
