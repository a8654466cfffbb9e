// Whole tiles of the work tree's library and of the base's, each in a browser of its own.

import { log } from '../../scripts/lib/log.mjs';
import type {
  BenchmarkNetworkName,
  NetworkKind,
} from '../../tests/web/support/benchmark-networks.ts';
import { openBenchPage } from '../lib/bench-page.ts';
import { measurePair, type Pair, type Suite } from '../lib/guard.ts';
import { NetworkFiles } from '../web/networks/files.ts';
import { bundlePages, pageUrl } from '../web/pages.ts';
import { tessera } from '../web/subjects/tessera.ts';

const WARM_UP = { ms: 700, runs: 3 };

export interface TileChoices {
  /** Addresses of both dist/ on the server. */
  dists: { base: string; work: string };
  nets: readonly BenchmarkNetworkName[];
  kinds: readonly NetworkKind[];
  edge: number;
  rounds: number;
  /** Least milliseconds of one measurement. */
  ms: number;
}

interface Case {
  kind: NetworkKind;
  files: NetworkFiles;
}

interface PageTile {
  sample(ms: number, least: number): Promise<number[]>;
  dispose(): unknown;
}

/** The fastest milliseconds of a tile, in a browser of its own. */
async function measure({ kind, files }: Case, dist: string, ms: number): Promise<number> {
  const bench = await openBenchPage({ isolated: false });
  try {
    const request = {
      ...{ module: pageUrl(tessera.page), file: await files.onnx(kind, 'own'), threads: 1, dist },
      ...{ edge: files.edge, scale: files.scale },
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

export async function openTileSuite(choices: TileChoices): Promise<Suite> {
  await bundlePages([tessera.page]);
  const cases = new Map<string, Case>();
  for (const net of choices.nets) {
    const files = new NetworkFiles(net, choices.edge);
    for (const kind of choices.kinds) cases.set(`${net} ${kind}`, { kind, files });
  }
  return {
    sort: 'tile',
    names: [...cases.keys()],
    async measure(names) {
      const found = new Map<string, Pair[]>();
      for (const name of names) {
        const each = cases.get(name) as Case;
        const one = (dist: string) => measure(each, dist, choices.ms);
        const pairs: Pair[] = [];
        for (let round = 0; round < choices.rounds; round++) {
          pairs.push(await measurePair(choices.dists, one, round));
        }
        found.set(name, pairs);
        log(`${name}: ${choices.rounds} pairs`);
      }
      return found;
    },
  };
}
