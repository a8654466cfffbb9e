// Whole tiles through the shipped library, beside the machine's peak: `npm run bench:tile`.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError, warn } from '../scripts/lib/log.mjs';
import { DIST, ROOT, WASM_VARIANTS } from '../scripts/lib/paths.mjs';
import {
  BENCHMARK_NETWORKS,
  type BenchmarkNetworkName,
  benchmarkNetwork,
  type NetworkKind,
} from '../tests/web/support/benchmark-networks.ts';
import { buildBench, requireBench } from './lib/bench-module.ts';
import { type BenchPage, openBenchPage } from './lib/bench-page.ts';
import type { PageHandle } from './lib/driver.ts';
import { choices, positive } from './lib/options.ts';
import { PeakMeter } from './lib/peaks.ts';
import type { PeakReport } from './lib/summary.ts';
import { planSubjects, type Subject, summariseTile, type TileReport } from './lib/tiles.ts';
import { V8_OPTIONS, v8Flags } from './lib/v8-flags.ts';

const HELP = `npm run bench:tile [-- OPTIONS]

Upscales tiles with networks of random weights by the built library in headless Chromium, RGBA bytes
in and out, in turns with loops of nothing but multiply-add instructions: the machine's peak. Needs
\`npm run build\`. Lists are separated by commas.

  --net <list>      of ${BENCHMARK_NETWORKS.join(', ')} (default all)
  --tile <list>     edges of the tile in input pixels (default: each network's usual ones)
  --kind <list>     int8 and float (default both)
  --variant <list>  of ${WASM_VARIANTS.join(', ')} (default relaxed)
  --workers <list>  workers, or threads of an -mt variant (default 1,2)
  --rounds <n>      rounds in which everything of one network and tile runs once (default 7)
  --ms <n>          least milliseconds per measurement (default 200)
  --isolated        on a cross-origin isolated page; the -mt variants always are
  --no-vnni         keep Chromium from using the dot products of AVX-VNNI
  --js-flags <text> Chromium's flags for V8, such as --js-flags=--wasm-revectorize
  --no-build        use the peak's module as it is built
  --json            print JSON
  --help            this text

Times are those of the fastest round; share is the part of the peak of as many cores as there are
workers. See bench/README.md.
`;

const OPTIONS = {
  net: { type: 'string', default: BENCHMARK_NETWORKS.join(',') },
  tile: { type: 'string' },
  kind: { type: 'string', default: 'float,int8' },
  variant: { type: 'string', default: 'relaxed' },
  workers: { type: 'string', default: '1,2' },
  rounds: { type: 'string', default: '7' },
  ms: { type: 'string', default: '200' },
  isolated: { type: 'boolean', default: false },
  ...V8_OPTIONS,
  'no-build': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const KINDS: readonly NetworkKind[] = ['float', 'int8'];
// Long enough for the browser to compile a worker's code a second time, with optimisation.
const WARM_UP_MS = 700;

const placed = new Set<string>();

/** Writes a model where the page can load it, and returns its path on the server. */
function placeModel(net: BenchmarkNetworkName, kind: NetworkKind): string {
  const path = `out/bench/${net}-${kind}.onnx`;
  if (!placed.has(path)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), benchmarkNetwork(net, kind).file);
    placed.add(path);
  }
  return `/${path}`;
}

/** The page's upscaler for one subject; see bench/web/page/tiles-client.mjs. */
interface PageTiles {
  multiplicationsPerPixel: number;
  sample(ms: number): Promise<number>;
  dispose(): Promise<void>;
}

async function openSubject(
  { page }: BenchPage,
  { net, kind, tile, variant, workers }: Subject,
): Promise<PageHandle<PageTiles>> {
  const model = placeModel(net, kind);
  return page.evaluateHandle(
    async (request): Promise<PageTiles> => {
      const client = '/bench/web/page/tiles-client.mjs';
      const { openTiles } = await import(client);
      return openTiles(request);
    },
    { model, variant, workers, edge: tile },
  );
}

interface Measured {
  subject: Subject;
  /** Milliseconds per tile, one per round. */
  times: number[];
  multiplicationsPerPixel: number;
}

interface Opened extends Measured {
  handle: PageHandle<PageTiles>;
}

async function warmUp(page: BenchPage, subject: Subject): Promise<Opened> {
  const handle = await openSubject(page, subject);
  const multiplicationsPerPixel = await handle.evaluate((it) => it.multiplicationsPerPixel);
  await handle.evaluate((it, least) => it.sample(least), WARM_UP_MS);
  return { subject, handle, times: [], multiplicationsPerPixel };
}

/** The rest goes on: one network that cannot run should not cost the figures of all others. */
function complain({ net, tile, kind, variant, workers }: Subject, error: unknown): void {
  process.exitCode = 1;
  const [why] = String(error).split('\n');
  warn(`${net}, tile ${tile}, ${kind}, ${variant}, ${workers} worker(s): ${why}`);
}

/** Measures subjects in turns, the peaks before, between and after them. */
async function measureTogether(
  page: BenchPage,
  subjects: Subject[],
  { rounds, ms }: { rounds: number; ms: number },
  peaks: ReadonlyMap<string, PeakMeter>,
): Promise<Measured[]> {
  const opened: Opened[] = [];
  try {
    for (const subject of subjects) {
      try {
        opened.push(await warmUp(page, subject));
      } catch (error) {
        complain(subject, error);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const { handle, times, subject } of opened) {
        await peaks.get(peakPreset(subject.variant))?.measure();
        times.push(await handle.evaluate((it, least) => it.sample(least), ms));
      }
    }
    for (const meter of peaks.values()) await meter.measure();
    return opened;
  } finally {
    for (const { handle } of opened) await handle.evaluate((it) => it.dispose());
  }
}

/** Threads do not change what one core can do at most. */
const peakPreset = (variant: string) => variant.replace('-mt', '');

const number = (value: number, digits: number, width: number) =>
  value.toFixed(digits).padStart(width);

function print(tiles: TileReport[], peaks: Record<string, PeakReport>): void {
  const lines = [
    'net        tile  kind   variant     workers        ms   GMAC/s    share   spread',
    ...tiles.map(
      (t) =>
        `${t.net.padEnd(10)} ${String(t.tile).padStart(4)}  ${t.kind.padEnd(6)} ${t.variant.padEnd(11)} ` +
        `${String(t.workers).padStart(7)}${number(t.ms, 2, 10)}${number(t.gmacs, 1, 9)}` +
        `${number(t.share * 100, 1, 7)} %${number(t.spread * 100, 0, 7)} %`,
    ),
    '',
    ...Object.entries(peaks).map(
      ([preset, { int8, float }]) =>
        `peak of one core, ${preset}: int8 ${int8.toFixed(1)} GMAC/s, float ${float.toFixed(1)} GMAC/s`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Subjects that are worth comparing: those of one network and tile. */
function groups(subjects: Subject[]): Subject[][] {
  const keyOf = ({ net, tile }: Subject) => `${net} ${tile}`;
  const keys = [...new Set(subjects.map(keyOf))];
  return keys.map((key) => subjects.filter((subject) => keyOf(subject) === key));
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const variants = choices(values.variant, '--variant', WASM_VARIANTS);
  const isolated = values.isolated || variants.some((variant) => variant.endsWith('-mt'));
  return {
    subjects: planSubjects({
      nets: choices(values.net, '--net', BENCHMARK_NETWORKS),
      kinds: choices(values.kind, '--kind', KINDS),
      tiles: values.tile?.split(',').map((text) => positive(text, '--tile')),
      workers: values.workers.split(',').map((text) => positive(text, '--workers')),
      variants,
    }),
    presets: [...new Set(variants.map(peakPreset))],
    rounds: positive(values.rounds, '--rounds'),
    ms: positive(values.ms, '--ms'),
    v8: v8Flags(values),
    build: !values['no-build'],
    json: values.json,
    isolated,
  };
}

await runMain(async () => {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const { subjects, presets, rounds, isolated, v8 } = options;
  for (const { variant } of subjects) {
    if (!existsSync(join(DIST, 'wasm', `tessera-${variant}.wasm`))) {
      throw new UserError(`dist/ lacks variant ${variant}: run \`npm run build\` first`);
    }
  }
  for (const preset of presets) {
    if (options.build) await buildBench(preset);
    requireBench(preset);
  }

  const page = await openBenchPage({ isolated, v8 });
  try {
    const load = loadavg()[0];
    const meters = new Map<string, PeakMeter>();
    for (const preset of presets) meters.set(preset, await PeakMeter.open(page, preset));
    const measured: Measured[] = [];
    for (const group of groups(subjects)) {
      const [first] = group as [Subject];
      log(`${first.net}, tile ${first.tile}`);
      measured.push(...(await measureTogether(page, group, options, meters)));
    }
    const peaks = Object.fromEntries(
      [...meters].map(([preset, meter]) => [preset, meter.report()]),
    );
    const tiles = measured.map(({ subject, times, multiplicationsPerPixel }) =>
      summariseTile(
        { ...subject, isolated },
        times,
        multiplicationsPerPixel,
        peaks[peakPreset(subject.variant)] as PeakReport,
      ),
    );
    const report = {
      peak: peaks[presets[0] as string],
      tiles,
      peaks,
      v8_flags: v8,
      rounds,
      load: [load, loadavg()[0]],
      cpu: cpus()[0]?.model,
      user_agent: page.userAgent,
    };
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else print(tiles, peaks);
  } finally {
    await page.close();
  }
});
