// Pictures in rows beside the same pictures in tiles, in Node: `npm run bench:rows`.

import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { log, runMain } from '../scripts/lib/log.mjs';
import { benchmarkNetwork, residualChain } from '../tests/web/support/benchmark-networks.ts';
import { BASE_URL, openUpscaler } from '../tests/web/support/node-upscaler.ts';
import { randomPicture } from '../tests/web/support/pixels.ts';
import { Random } from '../tests/web/support/random.ts';
import { adaptWorker } from '../web/node/host.ts';
import type { CreateOptions, RawImage, Upscaler } from '../web/src/index.ts';
import { tileBytes } from '../web/src/tiling/overlap.ts';
import { choices, positive } from './lib/options.ts';
import { median } from './lib/summary.ts';

const HELP = `npm run bench:rows [-- OPTIONS]

Upscales pictures in Node in rows, and in the tiles that the library would choose instead. Needs
\`npm run build\`. Lists are separated by commas.

  --part <list>    of memory, chain, time, first, abort (default all)
    memory         bytes that a worker needs for a picture of 24 megapixels, beside the weights
    chain          100 layers of 3x3 on a picture of 1 megapixel: the bytes of one piece, and wasm memory
    time           processor time of rows and of tiles, in turns, on a picture of 1 megapixel
    first          milliseconds until the first part of a picture of 4 megapixels
    abort          milliseconds from an abort until the worker has nothing to do
  --variant <name> simd or relaxed (default simd)
  --workers <n>    for time and first (default 1)
  --rounds <n>     for time, first and abort (default 7)
  --help           this text
`;

const OPTIONS = {
  part: { type: 'string', default: 'memory,chain,time,first,abort' },
  variant: { type: 'string', default: 'simd' },
  workers: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '7' },
  help: { type: 'boolean', default: false },
} as const;

const NETS = ['photo-x2', 'photo-x2-small', 'restore-x4', 'srvgg16'] as const;
type Net = (typeof NETS)[number];

interface Settings {
  variant: 'simd' | 'relaxed';
  workers: number;
  rounds: number;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function open(net: Net, options: CreateOptions): Promise<Upscaler> {
  const model = net === 'srvgg16' ? benchmarkNetwork(net, 'int8').file : net;
  return openUpscaler({ ...options, model });
}

/** What asks for the tiles that the library would choose where rows cannot flow. */
const inTiles = (upscaler: Upscaler) => ({ overlap: upscaler.model.overlap });

async function measureMemory({ variant }: Settings): Promise<void> {
  print('memory of a worker for 6000x4000 pixels, beside the weights: rows, tiles');
  for (const net of NETS) {
    const upscaler = await open(net, { variant, workers: 1 });
    const { rowFlow, tileMemory } = upscaler.model;
    const size = { width: 6000, height: 4000 };
    const rows = await upscaler.estimate(size);
    const tiles = await upscaler.estimate({ ...size, ...inTiles(upscaler) });
    await upscaler.dispose();
    if (rowFlow === null) throw new Error(`${net} does not flow`);
    const flowing = rowFlow.fixedBytes + rows.tile.width * rowFlow.columnBytes;
    const tiled = tileBytes(tileMemory, tiles.tile.width * tiles.tile.height);
    const work = tiles.multiplications / rows.multiplications;
    print(
      `  ${net.padEnd(15)} ${megabytes(flowing)}, ${megabytes(tiled)}: ${(flowing / tiled).toFixed(3)}; ` +
        `tiles do ${work.toFixed(3)} times the multiplications`,
    );
  }
}

const hash = ({ data }: RawImage) => createHash('sha256').update(data).digest('hex');

async function measureChain({ variant }: Settings): Promise<void> {
  const { file } = residualChain({ width: 16, layers: 100 });
  const picture = randomPicture(new Random(1), 1024, 1024);
  const run = async (work: (upscaler: Upscaler) => Promise<RawImage>) => {
    const upscaler = await openUpscaler({ model: file, variant, workers: 1 });
    try {
      const result = hash(await work(upscaler));
      return { result, needs: await upscaler.estimate(picture), overlap: upscaler.model.overlap };
    } finally {
      await upscaler.dispose();
    }
  };
  const rows = await run((upscaler) => upscaler.upscale(picture, { output: 'raw' }));
  const whole = await run((upscaler) => upscaler.upscalePatch(picture));
  print(`100 layers of 3x3, ${rows.overlap} pixels to each side, on 1024x1024`);
  print(`  ${rows.needs.schedule}: ${megabytes(rows.needs.perWorker)} of wasm memory`);
  print(`  in one piece: ${megabytes(whole.needs.perWorker)}`);
  print(`  bytes are ${rows.result === whole.result ? 'the same' : 'DIFFERENT'}`);
  if (rows.result !== whole.result) process.exitCode = 1;
}

/** Measures something that a run takes, in milliseconds. */
type Clock = (upscaler: Upscaler, picture: RawImage, options: object) => Promise<number>;

/** Of the processor, which shows less of what else is running than the time that passes. */
const wholeRun: Clock = async (upscaler, picture, options) => {
  const used = process.cpuUsage();
  for await (const _ of upscaler.tiles(picture, options));
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1000;
};

const firstPart: Clock = async (upscaler, picture, options) => {
  const begun = performance.now();
  for await (const _ of upscaler.tiles(picture, options)) return performance.now() - begun;
  throw new Error('no part came');
};

interface Timed {
  rows: number[];
  tiles: number[];
}

async function timeInTurns(
  net: Net,
  edge: number,
  clock: Clock,
  { variant, workers, rounds }: Settings,
): Promise<Timed> {
  const upscaler = await open(net, { variant, workers });
  const picture = randomPicture(new Random(2), edge, edge);
  const timed: Timed = { rows: [], tiles: [] };
  try {
    // One round to warm up.
    for (let round = 0; round <= rounds; round++) {
      const [rows, tiles] = [
        await clock(upscaler, picture, {}),
        await clock(upscaler, picture, inTiles(upscaler)),
      ];
      if (round === 0) continue;
      timed.rows.push(rows);
      timed.tiles.push(tiles);
    }
  } finally {
    await upscaler.dispose();
  }
  return timed;
}

function ratios({ rows, tiles }: Timed): string {
  const fastest = Math.min(...tiles) / Math.min(...rows);
  const pairs = rows.map((time, i) => (tiles[i] as number) / time);
  return (
    `rows ${median(rows).toFixed(0)} ms, tiles ${median(tiles).toFixed(0)} ms; ` +
    `tiles / rows: ${fastest.toFixed(3)} of the fastest, ${median(pairs).toFixed(3)} at the median`
  );
}

async function measureTime(settings: Settings): Promise<void> {
  print(`a picture of 1 megapixel, ${settings.workers} worker(s)`);
  for (const net of NETS) {
    const timed = await timeInTurns(net, 1024, wholeRun, settings);
    print(`  ${net.padEnd(15)} ${ratios(timed)}`);
  }
}

async function measureFirst(settings: Settings): Promise<void> {
  print(`until the first part of a picture of 4 megapixels, ${settings.workers} worker(s)`);
  for (const net of ['photo-x2', 'srvgg16'] as const) {
    const timed = await timeInTurns(net, 2048, firstPart, settings);
    print(`  ${net.padEnd(15)} ${ratios(timed)}`);
  }
}

/** Settles when a worker has answered what it was asked, or was ended since that took too long. */
function whenIdle(worker: Worker): Promise<'answered' | 'ended'> {
  return new Promise((resolve) => {
    const settle = (how: 'answered' | 'ended') => {
      worker.off('message', listen);
      worker.off('exit', onexit);
      resolve(how);
    };
    const listen = ({ type }: { type: string }) => {
      if (type !== 'progress') settle('answered');
    };
    const onexit = () => settle('ended');
    worker.on('message', listen);
    worker.on('exit', onexit);
  });
}

async function measureAbort({ variant, rounds }: Settings): Promise<void> {
  print('from an abort until the worker has nothing to do');
  const picture = randomPicture(new Random(3), 2048, 2048);
  for (const net of ['photo-x2', 'srvgg16'] as const) {
    const workers: Worker[] = [];
    const upscaler = await open(net, {
      variant,
      workers: 1,
      createWorker() {
        const worker = new Worker(new URL('node-worker.mjs', BASE_URL));
        workers.push(worker);
        return adaptWorker(worker);
      },
    });
    const times: number[] = [];
    let ended = 0;
    const random = new Random(4);
    for (let round = 0; round < rounds; round++) {
      const running = upscaler.upscale(picture, { output: 'raw' });
      running.catch(() => {});
      await sleep(random.integer(300, 700));
      const idle = whenIdle(workers.at(-1) as Worker);
      const begun = performance.now();
      upscaler.abort();
      if ((await idle) === 'ended') ended++;
      times.push(performance.now() - begun);
    }
    await upscaler.dispose();
    print(
      `  ${net.padEnd(15)} ${median(times).toFixed(0)} ms at the median, ${Math.max(...times).toFixed(0)} ms at most; ` +
        `${ended} of ${rounds} workers had to be ended`,
    );
  }
}

const PARTS = {
  memory: measureMemory,
  chain: measureChain,
  time: measureTime,
  first: measureFirst,
  abort: measureAbort,
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const names = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const parts = choices(values.part, '--part', names);
  const settings: Settings = {
    variant: choices(values.variant, '--variant', ['simd', 'relaxed'])[0] as Settings['variant'],
    workers: positive(values.workers, '--workers'),
    rounds: positive(values.rounds, '--rounds'),
  };
  log(`load average ${loadavg()[0]?.toFixed(2)}`);
  for (const part of parts) await PARTS[part](settings);
}

await runMain(main);
