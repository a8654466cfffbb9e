// Fails when the work tree is slower than a base commit: `npm run bench:guard`.

import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, UserError, warn } from '../scripts/lib/log.mjs';
import { DIST } from '../scripts/lib/paths.mjs';
import { BENCHMARK_NETWORKS, type NetworkKind } from '../tests/web/support/benchmark-networks.ts';
import {
  addressOf,
  buildBaseDist,
  buildBaseKernels,
  checkOutBase,
  distAddress,
  hasKernels,
  PRESET,
} from './guard/base.ts';
import { openKernelSuite } from './guard/kernels.ts';
import { openTileSuite } from './guard/tiles.ts';
import { buildBench, requireBench } from './lib/bench-module.ts';
import { type CaseVerdict, judgeSuite, type Suite } from './lib/guard.ts';
import { choices, pattern, positive } from './lib/options.ts';

const HELP = `npm run bench:guard [-- OPTIONS]

Measures single kernels and whole tiles with the work tree and with a base commit, in turns, in headless
Chromium, and fails when one became slower beyond noise, twice. Builds the base commit in out/guard/ the
first time, with this work tree's tool chain; and the work tree's kernels. Tiles need \`npm run build\`.

  --base <commit>     what to compare with (default: where this branch left main)
  --base-dist <path>  a built dist/ inside this repository's folder, in place of a commit; kernels are
                      then those of build/ beside it, if there are any
  --only <list>       of kernels, tiles (default both)
  --filter <re>       only kernels of layers whose name matches this regular expression
  --net <list>        tiles of ${BENCHMARK_NETWORKS.join(', ')} (default plain32,photo-x2)
  --kind <list>       tiles in int8 and float (default both)
  --edge <n>          of the tile, in input pixels (default 128)
  --rounds <n>        pairs (default 20 of kernels, 12 of tiles)
  --ms <n>            least milliseconds of one measurement (default 8 of kernels, 200 of tiles)
  --tolerance <n>     percent that is let pass (default 3)
  --no-build          use the work tree's kernels as they are built
  --json              print JSON
  --help              this text
`;

const OPTIONS = {
  base: { type: 'string' },
  'base-dist': { type: 'string' },
  only: { type: 'string', default: 'kernels,tiles' },
  filter: { type: 'string', default: '' },
  net: { type: 'string', default: 'plain32,photo-x2' },
  kind: { type: 'string', default: 'float,int8' },
  edge: { type: 'string', default: '128' },
  rounds: { type: 'string' },
  ms: { type: 'string' },
  tolerance: { type: 'string', default: '3' },
  'no-build': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const KINDS: readonly NetworkKind[] = ['float', 'int8'];
const SORTS = ['kernels', 'tiles'] as const;
const KERNELS = { rounds: '20', ms: '8' };
const TILES = { rounds: '12', ms: '200' };

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const rounds = (usual: string) => positive(values.rounds ?? usual, '--rounds');
  const ms = (usual: string) => positive(values.ms ?? usual, '--ms');
  return {
    base: values.base,
    baseDist: values['base-dist'],
    sorts: choices(values.only, '--only', SORTS),
    kernels: {
      filter: pattern(values.filter, '--filter'),
      rounds: rounds(KERNELS.rounds),
      seconds: ms(KERNELS.ms) / 1000,
    },
    tiles: {
      nets: choices(values.net, '--net', BENCHMARK_NETWORKS),
      kinds: choices(values.kind, '--kind', KINDS),
      edge: positive(values.edge, '--edge'),
      rounds: rounds(TILES.rounds),
      ms: ms(TILES.ms),
    },
    tolerance: positive(values.tolerance, '--tolerance') / 100,
    build: !values['no-build'],
    json: values.json,
  };
}

type Options = NonNullable<ReturnType<typeof readOptions>>;

async function openKernels(folder: string, { kernels, build }: Options): Promise<Suite> {
  if (build) await buildBench(PRESET);
  requireBench(PRESET);
  return openKernelSuite({ ...kernels, checkouts: { base: addressOf(folder), work: '' } });
}

const openTiles = (dist: string, { tiles }: Options): Promise<Suite> =>
  openTileSuite({ ...tiles, dists: { base: distAddress(dist), work: distAddress(DIST) } });

/** What is asked for, of a commit. */
async function suitesOfCommit(options: Options): Promise<Suite[]> {
  const suites: Suite[] = [];
  const folder = await checkOutBase(options.base);
  if (options.sorts.includes('kernels')) {
    await buildBaseKernels(folder);
    suites.push(await openKernels(folder, options));
  }
  if (options.sorts.includes('tiles')) {
    suites.push(await openTiles(await buildBaseDist(folder), options));
  }
  return suites;
}

/** What is asked for and there, of a folder that is built. */
async function suitesOfDist(dist: string, options: Options): Promise<Suite[]> {
  const suites: Suite[] = [];
  const { sorts } = options;
  const folder = dirname(dist);
  if (sorts.includes('kernels')) {
    if (hasKernels(folder)) suites.push(await openKernels(folder, options));
    else if (sorts.length > 1) warn(`no kernels are built beside ${dist}: they are left out`);
    else throw new UserError(`no kernels are built beside ${dist}`);
  }
  if (sorts.includes('tiles')) suites.push(await openTiles(dist, options));
  return suites;
}

function print(verdicts: readonly CaseVerdict[]): void {
  const percent = (value: number) => `${((value - 1) * 100).toFixed(1)} %`;
  for (const { sort, name, ratio, quartile, fastest, slower } of verdicts) {
    process.stdout.write(
      `${sort} ${name}: time ${percent(ratio)}, a quarter of the rounds below ${percent(quartile)}, ` +
        `fastest ${percent(fastest)}${slower ? ': SLOWER' : ''}\n`,
    );
  }
}

await runMain(async () => {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const { baseDist, tolerance, json } = options;
  const suites = baseDist ? await suitesOfDist(baseDist, options) : await suitesOfCommit(options);
  const verdicts: CaseVerdict[] = [];
  for (const suite of suites) verdicts.push(...(await judgeSuite(suite, tolerance)));
  if (json) process.stdout.write(`${JSON.stringify(verdicts)}\n`);
  else print(verdicts);
  if (verdicts.some(({ slower }) => slower)) process.exitCode = 1;
});
