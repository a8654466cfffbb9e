// Tessera beside its peers in headless browsers: `npm run bench`.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, step, UserError, warn } from '../scripts/lib/log.mjs';
import { DIST, ROOT } from '../scripts/lib/paths.mjs';
import { BENCHMARK_NETWORKS } from '../tests/web/support/benchmark-networks.ts';
import { buildBench, requireBench } from './lib/bench-module.ts';
import { openBenchPage } from './lib/bench-page.ts';
import { BROWSERS, type BrowserName } from './lib/driver.ts';
import { requireFirefox } from './lib/firefox.ts';
import { choices as oneOf, positive } from './lib/options.ts';
import { PeakMeter } from './lib/peaks.ts';
import { type Peaks, type Results, ratios } from './lib/results.ts';
import { resultsPath } from './lib/saved.ts';
import { ratioTable, rowTable } from './lib/tables.ts';
import { V8_OPTIONS, v8Flags } from './lib/v8-flags.ts';
import { KNOWN_NETWORKS } from './web/networks/known/networks.ts';
import { bundlePages, installPeers, versionOf } from './web/pages.ts';
import { SUBJECTS } from './web/subjects/index.ts';
import { targetOf } from './web/targets.ts';
import { WORKLOADS } from './web/workloads/index.ts';
import type { Choices, Workload } from './web/workloads/workload.ts';

/** By name; each workload takes those that it knows. */
const NETWORKS = [...BENCHMARK_NETWORKS, ...Object.keys(KNOWN_NETWORKS)];

const HELP = `npm run bench [-- OPTIONS]

Measures the built library beside its peers in headless browsers: the same weights, the same pictures,
everyone at their best settings, in turns, each in a browser of its own. Installs the peers into
bench/web/node_modules the first time. Needs \`npm run build\`. Lists are separated by commas.

  --workload <list>    default: all, quality only with --data
${WORKLOADS.map(({ name, about }) => `                         ${name}: ${about}`).join('\n')}
  --browser <list>     of ${BROWSERS.join(', ')} (default chromium); Firefox is installed by
                       \`node scripts/setup.mjs --firefox\`
  --net <list>         of ${BENCHMARK_NETWORKS.join(', ')};
                       of networks ${Object.keys(KNOWN_NETWORKS).join(', ')} (default all)
  --subject <list>     of ${SUBJECTS.map(({ name }) => name).join(', ')} (default all)
  --threads <list>     threads or workers (default 1,2; scaling 1,2,4; quality 1)
  --megapixels <list>  whole pictures, input (default 0.25,1; scaling 0.1,0.25,1,4,24; quality 0.25)
  --data <folder>      photos that quality is measured on
  --rounds <n>         rounds in which everyone is measured once (default 5)
  --ms <n>             least milliseconds of one measurement (default 500)
  --quick              one thread, one round, 200 milliseconds, networks plain32, photo-x2, span48
  --isolated           cross-origin isolated pages too, where threads do not need them
  --no-vnni            keep Chromium from using the dot products of AVX-VNNI
  --js-flags <text>    Chromium's flags for V8, such as --js-flags=--wasm-revectorize
  --no-build           use the module that measures the machine's peak as it is built
  --save               write bench/results/<workload>.json; then \`npm run bench:report\`
  --json               print JSON: {"results": [...], "ratios": [...]}
  --help               this text

Ratios are a peer's time by ours, in this run, each by its fastest round. See bench/README.md.
`;

const OPTIONS = {
  workload: { type: 'string' },
  browser: { type: 'string', default: 'chromium' },
  net: { type: 'string' },
  subject: { type: 'string', default: SUBJECTS.map(({ name }) => name).join(',') },
  threads: { type: 'string' },
  megapixels: { type: 'string' },
  data: { type: 'string' },
  rounds: { type: 'string' },
  ms: { type: 'string' },
  quick: { type: 'boolean', default: false },
  isolated: { type: 'boolean', default: false },
  ...V8_OPTIONS,
  'no-build': { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const DEFAULTS = {
  full: { net: NETWORKS.join(','), threads: undefined, rounds: '5', ms: '500' },
  quick: { net: 'plain32,photo-x2,span48', threads: '1', rounds: '1', ms: '200' },
};

/** The variant that current browsers get, whose instructions the peak is made of. */
const PEAK_PRESET = 'relaxed';
const PEAK_TIMES = 5;

function megapixels(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UserError(`--megapixels takes positive numbers, not "${text}"`);
  return value;
}

/** Those asked for, or all that can be run. */
function chooseWorkloads(asked: string | undefined, data: string | undefined): Workload[] {
  const possible = WORKLOADS.filter(({ wantsData }) => !wantsData || data !== undefined);
  if (asked === undefined) return possible;
  const all = WORKLOADS.map(({ name }) => name);
  const names = oneOf(asked, '--workload', all);
  const missing = names.find((name) => !possible.some((each) => each.name === name));
  if (missing !== undefined) throw new UserError(`${missing} needs --data and a folder of photos`);
  return possible.filter(({ name }) => names.includes(name));
}

/** What does not change what is measured, or is said elsewhere. */
const NOT_SAID = ['workload', 'data', 'no-build', 'save', 'json', 'help'];

/** The options that were given, so that whoever reads the results can measure the same. */
function givenOptions(): string[] {
  const { tokens } = parseArgs({ options: OPTIONS, tokens: true });
  return tokens.flatMap((token) => {
    if (token.kind !== 'option' || NOT_SAID.includes(token.name)) return [];
    return token.value === undefined ? [token.rawName] : [token.rawName, token.value];
  });
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const defaults = values.quick ? DEFAULTS.quick : DEFAULTS.full;
  const names = SUBJECTS.map(({ name }) => name);
  const subjects = oneOf(values.subject, '--subject', names);
  const browsers = oneOf(values.browser, '--browser', BROWSERS);
  const v8 = v8Flags(values);
  if (v8 !== '' && browsers.includes('firefox')) {
    throw new UserError('--no-vnni and --js-flags are for Chromium alone');
  }
  const chosen: Omit<Choices, 'onfailure'> = {
    browsers,
    nets: oneOf(values.net ?? defaults.net, '--net', NETWORKS),
    subjects: SUBJECTS.filter(({ name }) => subjects.includes(name)),
    threads: (values.threads ?? defaults.threads)?.split(',').map((n) => positive(n, '--threads')),
    rounds: positive(values.rounds ?? defaults.rounds, '--rounds'),
    ms: positive(values.ms ?? defaults.ms, '--ms'),
    megapixels: values.megapixels?.split(',').map(megapixels),
    data: values.data,
    isolated: values.isolated,
    v8,
    vnniHidden: values['no-vnni'],
    jsFlags: values['js-flags'],
  };
  return {
    chosen,
    workloads: chooseWorkloads(values.workload, values.data),
    build: !values['no-build'],
    save: values.save,
    json: values.json,
  };
}

/** The machine's peak, as the first of the browsers reaches it, in one of its own. */
async function measurePeak({
  browsers: [browser = 'chromium'],
  v8,
}: Pick<Choices, 'browsers' | 'v8'>): Promise<Peaks> {
  const page = await openBenchPage({ browser, isolated: false, v8 });
  try {
    const meter = await PeakMeter.open(page, PEAK_PRESET);
    for (let i = 0; i < PEAK_TIMES; i++) await meter.measure();
    const { int8, float } = meter.report();
    return { int8, float };
  } finally {
    await page.close();
  }
}

/** Name and version, as it says itself. */
async function browserName(browser: BrowserName): Promise<string> {
  const page = await openBenchPage({ browser, isolated: false });
  await page.close();
  return /(Chrome|Firefox)\/[\d.]+/.exec(page.userAgent)?.[0] ?? page.userAgent;
}

async function browserNames({ browsers }: Pick<Choices, 'browsers'>): Promise<string> {
  const names: string[] = [];
  for (const browser of browsers) names.push(await browserName(browser));
  return names.join(', ');
}

const load = (): number => loadavg()[0] as number;

/** Which releases were compared. */
const versions = (): Record<string, string> =>
  Object.fromEntries(SUBJECTS.map(({ name, package: npm }) => [name, versionOf(npm)]));

async function runWorkload(workload: Workload, chosen: Choices): Promise<Results> {
  const loadBefore = load();
  const before = workload.wantsPeak ? await measurePeak(chosen) : null;
  const rows = await workload.run(chosen);
  const after = workload.wantsPeak ? await measurePeak(chosen) : null;
  return {
    workload: workload.name,
    options: givenOptions(),
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      browser: await browserNames(chosen),
      vnni_hidden: chosen.vnniHidden,
      js_flags: chosen.jsFlags,
      load: [loadBefore, load()],
    },
    peak: before && after && { before, after },
    versions: versions(),
    ...(workload.wantsData && chosen.data ? { data: basename(resolve(chosen.data)) } : {}),
    rows,
  };
}

/** Replaces what was saved of a workload. */
function save(results: Results): void {
  const path = resultsPath(results);
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), `${JSON.stringify(results, null, 2)}\n`);
  log(`wrote ${path}: \`npm run bench:report\` puts it into README`);
}

function print(all: readonly Results[]): void {
  for (const { workload, rows, peak, machine } of all) {
    const lines = [`${workload}: load ${machine.load.map((n) => n.toFixed(2)).join(' to ')}`];
    if (peak) {
      const of = (p: Peaks) => `int8 ${p.int8.toFixed(1)}, float ${p.float.toFixed(1)}`;
      lines.push(`peak of one core, GMAC/s: before ${of(peak.before)}; after ${of(peak.after)}`);
    }
    lines.push('', rowTable(rows), '', ratioTable(ratios(rows), targetOf), '');
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

await runMain(async () => {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(join(DIST, 'tessera.mjs'))) {
    throw new UserError('dist/ is not there: run `npm run build` first');
  }
  const { chosen, workloads } = options;
  if (chosen.browsers.includes('firefox')) requireFirefox();
  if (workloads.some(({ wantsPeak }) => wantsPeak)) {
    if (options.build) await buildBench(PEAK_PRESET);
    requireBench(PEAK_PRESET);
  }
  await installPeers();
  await bundlePages(SUBJECTS.map(({ page }) => page));
  const all: Results[] = [];
  for (const workload of workloads) {
    await step(workload.name, async () => {
      let failed = false;
      const onfailure = (message: string) => {
        failed = true;
        process.exitCode = 1;
        warn(message);
      };
      const results = await runWorkload(workload, { ...chosen, onfailure });
      all.push(results);
      // At once: the next one may take long, or fail. A part does not replace a whole.
      if (options.save && failed) warn(`${workload.name} is not saved: a measurement failed`);
      else if (options.save) save(results);
    });
  }
  if (options.json) {
    const found = all.flatMap(({ rows }) => ratios(rows));
    const withTargets = found.map((ratio) => ({ ...ratio, target: targetOf(ratio) }));
    process.stdout.write(`${JSON.stringify({ results: all, ratios: withTargets })}\n`);
  } else {
    print(all);
  }
});
