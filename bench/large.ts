// A network of many weights on a whole picture: `npm run bench:large`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, UserError } from '../scripts/lib/log.mjs';
import { DIST } from '../scripts/lib/paths.mjs';
import { openBenchPage } from './lib/bench-page.ts';
import type { Heaps } from './lib/heaps.ts';
import { choices, positive } from './lib/options.ts';
import { KnownNetwork } from './web/networks/known/files.ts';
import { KNOWN_NETWORKS, type KnownNetworkName } from './web/networks/known/networks.ts';

const NAMES = Object.keys(KNOWN_NETWORKS) as KnownNetworkName[];

const MOST_MEGABYTES = 400;
const LONGEST_PAUSE_MS = 2000;
const LONGEST_TASK_MS = 50;

const HELP = `npm run bench:large [-- OPTIONS]

Upscales one picture with a network of many weights, by the built library in headless Chromium, and
prints what the page went through: wasm memory of all workers, the longest time without progress and
the longest task of the main thread. Needs \`npm run build\`.

  --net <name>      of ${NAMES.join(', ')} (default rrdb23)
  --edge <n>        of the square picture, in pixels (default 512)
  --workers <n>     (default 2)
  --json            print JSON
  --help            this text

The exit status is 1 when memory is over ${MOST_MEGABYTES} MB, progress stands still for more than 2 seconds, or a
task takes more than 50 milliseconds.
`;

interface Seen {
  ms: number;
  longestPause: number;
  /** 0 when none was long enough to be reported. */
  longestTask: number | undefined;
  /** While the model was loaded. */
  longestTaskLoading: number | undefined;
  width: number;
  height: number;
  tiles: number;
  tile: { width: number; height: number };
  overlap: number;
}

interface Report extends Seen {
  net: string;
  heaps: Heaps | undefined;
}

async function measure(net: KnownNetworkName, edge: number, workers: number): Promise<Report> {
  const file = await new KnownNetwork(net).onnx('float');
  const bench = await openBenchPage({ isolated: false });
  try {
    const watch = await bench.watchHeaps();
    const request = { file, width: edge, height: edge, workers };
    const large = await bench.page.evaluateHandle(
      async (asked): Promise<{ upscale(): Promise<Seen> }> => {
        const client = '/bench/web/page/large.mjs';
        const { openLarge } = await import(client);
        return openLarge(asked);
      },
      request,
    );
    const run = large.evaluate((it) => it.upscale());
    const heaps = await watch?.during(run);
    const seen = await run;
    await watch?.stop();
    return { net, ...seen, heaps };
  } finally {
    await bench.close();
  }
}

function faultsOf({ heaps, longestPause, longestTask }: Report): string[] {
  const faults: string[] = [];
  if (heaps && heaps.wasm > MOST_MEGABYTES) faults.push('too much wasm memory');
  if (longestPause > LONGEST_PAUSE_MS) faults.push('progress stood still');
  if ((longestTask ?? 0) > LONGEST_TASK_MS) faults.push('a long task on the main thread');
  return faults;
}

function print(report: Report, faults: readonly string[]): void {
  const { net, ms, longestPause, width, height, tiles, tile, overlap, heaps } = report;
  const task = (value: number | undefined) =>
    value === undefined ? '-' : value === 0 ? 'under 50 ms' : `${value.toFixed(0)} ms`;
  const megabytes = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(0));
  process.stdout.write(
    `${net}: ${width}x${height} in ${(ms / 1000).toFixed(1)} s, ${tiles} tiles of ` +
      `${tile.width}x${tile.height}, overlap ${overlap}
wasm memory of all workers: ${megabytes(heaps?.wasm)} MB, JavaScript's heaps: ${megabytes(heaps?.js)} MB
longest time without progress: ${longestPause.toFixed(0)} ms
longest task of the main thread: ${task(report.longestTask)}, and ${task(report.longestTaskLoading)} while the model was loaded
${faults.length > 0 ? `FAILS: ${faults.join('; ')}\n` : ''}`,
  );
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      net: { type: 'string', default: 'rrdb23' },
      edge: { type: 'string', default: '512' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(join(DIST, 'tessera.mjs'))) {
    throw new UserError('dist/ is not there: run `npm run build` first');
  }
  const [net] = choices(values.net, '--net', NAMES);
  const edge = positive(values.edge, '--edge');
  const report = await measure(
    net as KnownNetworkName,
    edge,
    positive(values.workers, '--workers'),
  );
  const faults = faultsOf(report);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, faults })}\n`);
  else print(report, faults);
  if (faults.length > 0) process.exitCode = 1;
});
