// Fails when the work tree is slower than a base commit: `npm run bench:guard`.

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, step, UserError } from '../scripts/lib/log.mjs';
import { DIST, ROOT, TOOLCHAIN } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/run.mjs';
import {
  BENCHMARK_NETWORKS,
  type BenchmarkNetworkName,
  type NetworkKind,
} from '../tests/web/support/benchmark-networks.ts';
import { openBenchPage } from './lib/bench-page.ts';
import { judge, type Pair, type Verdict } from './lib/guard.ts';
import { choices, positive } from './lib/options.ts';
import { NetworkFiles } from './web/networks/files.ts';
import { bundlePages, pageUrl } from './web/pages.ts';
import { tessera } from './web/subjects/tessera.ts';

const HELP = `npm run bench:guard [-- OPTIONS]

Measures whole tiles with the library of the work tree and with that of a base commit, in turns, in
headless Chromium, and fails when a network became slower beyond noise. Builds the base commit in
out/guard/ the first time, with this work tree's tool chain. Needs \`npm run build\`.

  --base <commit>     what to compare with (default: where this branch left main)
  --base-dist <path>  a built dist/ inside this repository's folder, in place of a commit
  --net <list>        of ${BENCHMARK_NETWORKS.join(', ')} (default plain32,photo-x2)
  --kind <list>       int8 and float (default both)
  --edge <n>          of the tile, in input pixels (default 128)
  --rounds <n>        pairs (default 12)
  --ms <n>            least milliseconds of one measurement (default 200)
  --tolerance <n>     percent that is let pass (default 3)
  --json              print JSON
  --help              this text
`;

const OPTIONS = {
  base: { type: 'string' },
  'base-dist': { type: 'string' },
  net: { type: 'string', default: 'plain32,photo-x2' },
  kind: { type: 'string', default: 'float,int8' },
  edge: { type: 'string', default: '128' },
  rounds: { type: 'string', default: '12' },
  ms: { type: 'string', default: '200' },
  tolerance: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const KINDS: readonly NetworkKind[] = ['float', 'int8'];
const WARM_UP = { ms: 700, runs: 3 };

interface Case {
  net: BenchmarkNetworkName;
  kind: NetworkKind;
}

interface PageTile {
  sample(ms: number, least: number): Promise<number[]>;
  dispose(): unknown;
}

async function git(...args: string[]): Promise<string> {
  return (await run('git', args, { cwd: ROOT })).stdout.trim();
}

/** Builds a commit beside the work tree, and returns its dist/. */
async function buildBase(commit: string | undefined): Promise<string> {
  const name = await git('rev-parse', commit ?? (await git('merge-base', 'HEAD', 'main')));
  const folder = join(ROOT, 'out', 'guard', name);
  const dist = join(folder, 'dist');
  if (existsSync(join(dist, 'tessera.mjs'))) return dist;
  await step(`building ${name.slice(0, 10)}`, async () => {
    mkdirSync(join(ROOT, 'out', 'guard'), { recursive: true });
    if (!existsSync(folder)) await git('worktree', 'add', '--detach', folder, name);
    const modules = join(folder, 'node_modules');
    if (!existsSync(modules)) symlinkSync(join(ROOT, 'node_modules'), modules);
    const env = { ...process.env, TESSERA_TOOLCHAIN: TOOLCHAIN };
    await run('npm', ['run', 'build'], { cwd: folder, env, show: true });
  });
  return dist;
}

/** Address of a folder on the server, which serves the whole repository. */
function urlOf(folder: string): string {
  const path = relative(ROOT, resolve(folder));
  if (path.startsWith('..')) throw new UserError(`${folder} is not inside ${ROOT}`);
  if (!existsSync(join(folder, 'tessera.mjs'))) {
    throw new UserError(`${folder} holds no tessera.mjs: run \`npm run build\` first`);
  }
  return `/${path}/`;
}

/** The fastest milliseconds of a tile, in a browser of its own. */
async function measure({ net, kind }: Case, dist: string, files: NetworkFiles, ms: number) {
  const bench = await openBenchPage({ isolated: false });
  try {
    const request = {
      ...{ module: pageUrl(tessera.page), file: await files.onnx(kind, 'own'), threads: 1, dist },
      ...{ edge: files.edge, scale: files.scale, net },
    };
    const tile = await bench.page.evaluateHandle(async (asked): Promise<PageTile> => {
      const client = '/bench/web/page/tile.mjs';
      const { openTile } = await import(client);
      return openTile(asked);
    }, request);
    await tile.evaluate((it, { ms: least, runs }) => it.sample(least, runs), WARM_UP);
    const times = await tile.evaluate((it, least) => it.sample(least, 3), ms);
    await tile.evaluate((it) => it.dispose());
    return Math.min(...times);
  } finally {
    await bench.close();
  }
}

/** One pair; who is first changes from round to round. */
async function measurePair(
  each: Case,
  dists: { base: string; work: string },
  files: NetworkFiles,
  { ms, round }: { ms: number; round: number },
): Promise<Pair> {
  const one = (dist: string) => measure(each, dist, files, ms);
  if (round % 2 === 0) {
    const base = await one(dists.base);
    return { base, work: await one(dists.work) };
  }
  const work = await one(dists.work);
  return { base: await one(dists.base), work };
}

function print(verdicts: readonly (Case & Verdict)[]): void {
  for (const { net, kind, ratio, quartile, slower } of verdicts) {
    const percent = (value: number) => `${((value - 1) * 100).toFixed(1)} %`;
    process.stdout.write(
      `${net} ${kind}: time ${percent(ratio)}, a quarter of the rounds below ${percent(quartile)}` +
        `${slower ? ': SLOWER' : ''}\n`,
    );
  }
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const nets = choices(values.net, '--net', BENCHMARK_NETWORKS);
  const kinds = choices(values.kind, '--kind', KINDS);
  const edge = positive(values.edge, '--edge');
  const rounds = positive(values.rounds, '--rounds');
  const ms = positive(values.ms, '--ms');
  const tolerance = positive(values.tolerance, '--tolerance') / 100;
  const work = urlOf(DIST);
  const base = urlOf(values['base-dist'] ?? (await buildBase(values.base)));
  await bundlePages([tessera.page]);

  const verdicts: (Case & Verdict)[] = [];
  for (const net of nets) {
    const files = new NetworkFiles(net, edge);
    for (const kind of kinds) {
      const pairs: Pair[] = [];
      for (let round = 0; round < rounds; round++) {
        pairs.push(await measurePair({ net, kind }, { base, work }, files, { ms, round }));
      }
      verdicts.push({ net, kind, ...judge(pairs, tolerance) });
      log(`${net} ${kind}: ${rounds} pairs`);
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(verdicts)}\n`);
  else print(verdicts);
  if (verdicts.some(({ slower }) => slower)) process.exitCode = 1;
});
