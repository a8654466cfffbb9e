// One tile, the peer's own tensors in and out, or RGBA bytes for ours.

import {
  BENCHMARK_NETWORKS,
  type BenchmarkNetworkName,
} from '../../../tests/web/support/benchmark-networks.ts';
import { openBenchPage } from '../../lib/bench-page.ts';
import type { BrowserName, PageHandle } from '../../lib/driver.ts';
import { type Difference, difference, type Row, timing } from '../../lib/results.ts';
import { gmacs } from '../../lib/summary.ts';
import { NetworkFiles, type TileFiles } from '../networks/files.ts';
import { pageUrl } from '../pages.ts';
import type { Kind, Subject } from '../subjects/subject.ts';
import {
  allowedDifference,
  type Choices,
  isolations,
  settle,
  takeTurns,
  type Workload,
} from './workload.ts';

const TILES: Record<BenchmarkNetworkName, readonly number[]> = {
  plain32: [128],
  srvgg16: [64, 128],
  srresnet: [64],
  'photo-x2': [128],
};

const THREADS = [1, 2];

// Enough for browsers to compile everything a second time, with optimisation.
const WARM_UP = { ms: 1000, runs: 3 };
const LEAST_RUNS = 3;

/** One way to run a network, and what was measured of it. */
interface Contestant {
  browser: BrowserName;
  subject: Subject;
  kind: Kind;
  threads: number;
  isolated: boolean;
  times: number[];
  /** Of ours. */
  variant?: string | undefined;
  difference?: Difference;
}

/** The page's side; see bench/web/page/tile.mjs. */
interface PageTile {
  sample(ms: number, least: number): Promise<number[]>;
  variant: string | undefined;
  result(): { data: string; width: number; height: number };
  dispose(): unknown;
}

function contestants(files: TileFiles, choices: Choices): Contestant[] {
  return choices.subjects.flatMap((subject) =>
    subject.kinds.flatMap((kind) =>
      (choices.threads ?? THREADS).flatMap((threads) => {
        if (!kind.suits(files)) return [];
        if (kind.threads === (threads === 1 ? 'many' : 'one')) return [];
        return isolations(kind, threads, choices.isolated || threads > 1).flatMap((isolated) =>
          choices.browsers.map((browser) => ({
            ...{ browser, subject, kind, threads, isolated },
            times: [],
          })),
        );
      }),
    ),
  );
}

const nameOf = ({ browser, subject, kind, threads, isolated }: Contestant): string =>
  `${browser}, ${subject.name} ${kind.kind}, ${threads} thread(s)${isolated ? ', isolated' : ''}`;

/** Measures once, in a browser that nothing else has run in. */
async function measure(contestant: Contestant, files: TileFiles, choices: Choices) {
  const { browser, subject, kind, threads, isolated } = contestant;
  const file = await kind.file(files);
  const bench = await openBenchPage({ browser, isolated, v8: choices.v8 });
  try {
    await settle();
    const request = {
      ...{ module: pageUrl(subject.page), file, threads },
      ...{ edge: files.edge, scale: files.scale },
      ...kind.extra,
    };
    const tile: PageHandle<PageTile> = await bench.page.evaluateHandle(
      async (asked): Promise<PageTile> => {
        const client = '/bench/web/page/tile.mjs';
        const { openTile } = await import(client);
        return openTile(asked);
      },
      request,
    );
    await tile.evaluate((it, { ms, runs }) => it.sample(ms, runs), WARM_UP);
    const asked = { ms: choices.ms, runs: LEAST_RUNS };
    contestant.times.push(
      ...(await tile.evaluate((it, { ms, runs }) => it.sample(ms, runs), asked)),
    );
    contestant.variant = await tile.evaluate((it) => it.variant);
    contestant.difference ??= await compare(contestant, files, tile);
    await tile.evaluate((it) => it.dispose());
  } finally {
    await bench.close();
  }
}

/** @throws Error for a result that is not that of the network. */
async function compare(
  { kind }: Contestant,
  files: TileFiles,
  tile: PageHandle<PageTile>,
): Promise<Difference> {
  const [reference, { data }] = await Promise.all([
    files.reference(kind.slopes),
    tile.evaluate((it) => it.result()),
  ]);
  const found = difference(Buffer.from(data, 'base64'), reference.data);
  if (found.mean > allowedDifference(kind.kind)) {
    throw new Error(`its result is ${found.mean.toFixed(2)} levels from the reference on average`);
  }
  return found;
}

function toRow(workload: string, contestant: Contestant, files: TileFiles): Row {
  const { browser, subject, kind, threads, isolated, variant, times } = contestant;
  const pixels = files.edge ** 2;
  const time = timing(times);
  const { mean, max } = contestant.difference as Difference;
  return {
    ...{ workload, browser, net: files.name, pixels },
    ...{ subject: subject.name, kind: kind.kind, threads, isolated },
    ...(variant ? { variant } : {}),
    ...time,
    gmacs: gmacs(files.multiplicationsPerPixel * pixels, time.ms_min / 1000),
    bytes: null,
    extra: { difference_mean: mean, difference_max: max },
  };
}

/** Measures what `choices` has of subjects, in turns. */
export async function measureTiles(
  workload: string,
  files: TileFiles,
  choices: Choices,
): Promise<Row[]> {
  const left = await takeTurns(contestants(files, choices), choices, {
    title: `${files.name}, tile ${files.edge}`,
    measure: (contestant) => measure(contestant, files, choices),
    nameOf: (contestant) => `${files.name}: ${nameOf(contestant)}`,
  });
  return left.map((contestant) => toRow(workload, contestant, files));
}

export const tile: Workload = {
  name: 'tile',
  about: 'one tile with the same weights in every library, 1 and 2 threads; results are compared',
  wantsPeak: true,
  async run(choices) {
    const rows: Row[] = [];
    for (const net of BENCHMARK_NETWORKS.filter((name) => choices.nets.includes(name))) {
      for (const edge of TILES[net]) {
        rows.push(...(await measureTiles('tile', new NetworkFiles(net, edge), choices)));
      }
    }
    return rows;
  },
};
