// Convolution kernels one by one, beside the machine's peak and XNNPACK: `npm run bench:kernels`.

import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { log, runMain, UserError, warn } from '../scripts/lib/log.mjs';
import {
  type BenchModule,
  buildBench,
  NATIVE,
  openNativeModule,
  requireBench,
} from './lib/bench-module.ts';
import { openBenchPage } from './lib/bench-page.ts';
import { choices, pattern, positive } from './lib/options.ts';
import { measureRounds } from './lib/rounds.ts';
import {
  type Entry,
  type LayerReport,
  type PeakReport,
  type Samples,
  type ScheduleReport,
  summariseLayers,
  summarisePeaks,
  summariseSchedules,
} from './lib/summary.ts';
import { V8_OPTIONS, v8Flags } from './lib/v8-flags.ts';

const HELP = `npm run bench:kernels [-- OPTIONS]

Measures each kernel on a tile of 64x64 output pixels in a worker of headless Chromium, in turns with
XNNPACK's operators and with loops of nothing but multiply-add instructions: the machine's peak.
Builds what it needs, and fetches Google Benchmark the first time.

  --variant <v>    relaxed or simd; or native, the plain C++ kernels outside a browser
                   (default relaxed)
  --filter <re>    only layers (or schedules' chains) whose name matches this regular expression
  --schedules      instead of single layers, chains of five 3x3 convolutions on tiles of 64 to 384
                   pixels, computed layer by layer and depth-first in bands of rows
  --rounds <n>     rounds in which everything is measured once (default 30)
  --ms <n>         milliseconds per measurement (default 8)
  --no-vnni        keep Chromium from using the dot products of AVX-VNNI
  --js-flags <text>Chromium's flags for V8, such as --js-flags=--wasm-revectorize
  --no-build       use what is built
  --json           print JSON
  --help           this text

Speeds are GMAC/s, 10^9 multiplications of the layer per second, of the fastest round; share is the
part of the peak. See bench/README.md.
`;

const OPTIONS = {
  variant: { type: 'string', default: 'relaxed' },
  filter: { type: 'string', default: '' },
  schedules: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '30' },
  ms: { type: 'string', default: '8' },
  ...V8_OPTIONS,
  'no-build': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const VARIANTS = ['relaxed', 'simd', 'native'] as const;

interface Host {
  module: BenchModule;
  userAgent: string;
  close(): Promise<void>;
}

async function openHost(preset: string, v8: string): Promise<Host> {
  if (preset === NATIVE) {
    const module = openNativeModule();
    return { module, userAgent: 'none, native program', close: () => module.close() };
  }
  // Isolated for the finer clock alone.
  const page = await openBenchPage({ isolated: true, v8 });
  const { userAgent, close } = page;
  return { module: await page.openModule(preset), userAgent, close };
}

/** The peaks, and either the single layers or the schedules, as far as their names match. */
function select(entries: Entry[], filter: RegExp, schedules: boolean): Entry[] {
  const peaks = entries.filter(({ who }) => who === 'peak');
  const others = entries.filter(({ who }) => who !== 'peak' && (who === 'schedule') === schedules);
  const selected = others.filter(({ layer }) => filter.test(layer));
  if (selected.length === 0) {
    const names = new Set(others.map(({ layer }) => layer));
    throw new UserError(`--filter matches none of: ${[...names].join(', ')}`);
  }
  return [...peaks, ...selected];
}

const cell = (value: number | null | undefined, digits: number, unit = '') =>
  (value === null || value === undefined ? '-' : `${value.toFixed(digits)}${unit}`).padStart(10);
const percent = (share: number | null | undefined) =>
  cell(share === null || share === undefined ? null : share * 100, 1, ' %');

function layerLines(layers: LayerReport[]): string[] {
  const width = Math.max(...layers.map(({ name }) => name.length), 12) + 1;
  const heads = ['GMAC/s', 'share', 'spread', 'XNNPACK', 'ratio', 'XNN float', 'share'];
  const lines = [`${'int8'.padEnd(width)}${heads.map((head) => head.padStart(10)).join('')}`];
  for (const layer of layers) {
    const ratio = layer.gmacs !== null && layer.xnnpack !== null && layer.gmacs / layer.xnnpack;
    lines.push(
      layer.name.padEnd(width) +
        cell(layer.gmacs, 1) +
        percent(layer.share) +
        percent(layer.spread) +
        cell(layer.xnnpack, 1) +
        cell(ratio || null, 2, 'x') +
        cell(layer.xnnpack_float, 1) +
        percent(layer.xnnpack_float_share) +
        (layer.gmacs_rgb ? `  (${layer.gmacs_rgb.toFixed(1)} counting 3 channels)` : ''),
    );
  }
  return lines;
}

function scheduleLines(schedules: ScheduleReport[]): string[] {
  const width = Math.max(...schedules.map(({ name }) => name.length)) + 1;
  const heads = ['GMAC/s', 'share', 'spread', 'ratio'];
  return [
    `${'int8'.padEnd(width)}${heads.map((head) => head.padStart(10)).join('')}`,
    ...schedules.map(
      ({ name, gmacs, share, spread, ratio }) =>
        name.padEnd(width) +
        cell(gmacs, 1) +
        percent(share) +
        percent(spread) +
        cell(ratio, 3, 'x'),
    ),
  ];
}

/** What was measured, as JSON holds it and as lines of a table. */
function summarise(entries: Entry[], samples: Samples, peak: PeakReport, schedules: boolean) {
  if (schedules) {
    const reports = summariseSchedules(entries, samples, peak);
    return { reports: { schedules: reports }, lines: scheduleLines(reports) };
  }
  const reports = summariseLayers(entries, samples, peak);
  return { reports: { cases: reports }, lines: layerLines(reports) };
}

function print(peak: PeakReport, lines: string[]): void {
  const of = (type: 'int8' | 'float') =>
    `${type} ${peak[type].toFixed(1)} GMAC/s (spread ${(peak.spread[type] * 100).toFixed(0)} %)`;
  const peaks = `peak: ${of('int8')}, ${of('float')}`;
  process.stdout.write(`${[...lines, '', peaks].join('\n')}\n`);
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const rounds = positive(values.rounds, '--rounds');
  const seconds = positive(values.ms, '--ms') / 1000;
  const filter = pattern(values.filter, '--filter');
  const [variant = 'relaxed', second] = choices(values.variant, '--variant', VARIANTS);
  if (second !== undefined) throw new UserError('--variant takes one variant');
  const preset = variant === 'native' ? NATIVE : variant;
  if (!values['no-build']) await buildBench(preset);
  requireBench(preset);

  const host = await openHost(preset, v8Flags(values));
  try {
    const entries = select(await host.module.list(), filter, values.schedules);
    const loadBefore = loadavg()[0];
    const book = await measureRounds(
      host.module,
      entries,
      { rounds, seconds },
      {
        onround: (round) => log(round === 0 ? 'warming up' : `round ${round} of ${rounds}`),
        onerror: (name, why) => warn(`${name}: ${why}`),
      },
    );
    const peak = summarisePeaks(entries, book.samples);
    const { reports, lines } = summarise(entries, book.samples, peak, values.schedules);
    const report = {
      peak,
      ...reports,
      variant,
      v8_flags: v8Flags(values),
      rounds,
      load: [loadBefore, loadavg()[0]],
      cpu: cpus()[0]?.model,
      user_agent: host.userAgent,
    };
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else print(peak, lines);
  } finally {
    await host.close();
  }
});
