// An int8 network that a page makes by itself: `npm run bench:auto`.

import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { runMain } from '../scripts/lib/log.mjs';
import { ROOT } from '../scripts/lib/paths.mjs';
import type * as Tessera from '../web/src/index.ts';
import { positive } from './lib/options.ts';
import { median } from './lib/summary.ts';
import { onLibraryPage } from './web/library-page.mjs';
import { KnownNetwork } from './web/networks/known/files.ts';

const MOST_SECONDS = 10;
const LEAST_DECIBELS = 45;
const LEAST_RATIO = 2;
const LONGEST_TASK_MS = 50;
// Of the picture that is timed beside the tile, in pixels.
const TIMED_EDGE = 256;

const HELP = `npm run bench:auto [-- OPTIONS]

Gives the built library a float network of 16 layers with 64 channels (compact SRVGG, x4, random weights) in headless
Chromium with quantize: 'auto', and prints the time from the call to the first int8 tile of a picture, how far its results are
from those of the float network, what a tile takes of both, in turns, and when a second visit has its first tile. Needs
\`npm run build\`.

  --workers <n>     (default 2)
  --edge <n>        of the picture, a part of the demo's enlarged, in pixels (default 768)
  --tile <n>        of the tile that is timed (default 128)
  --rounds <n>      of the tile and of a picture (default 5)
  --json            print JSON
  --help            this text

The exit status is 1 when the first int8 tile comes after more than ${MOST_SECONDS} s, the results are less than
${LEAST_DECIBELS} dB from float, a tile is less than ${LEAST_RATIO} times as fast, a task of the page takes more than ${LONGEST_TASK_MS} ms, or the
second visit quantizes again.
`;

interface Settings {
  workers: number;
  edge: number;
  tile: number;
  rounds: number;
}

interface Visit {
  /** From the call of create() to the upscaler, and to the first tile, in seconds. */
  created: number;
  firstTile: number;
  /** What the first tile was of. */
  quantization: Tessera.QuantizationInfo | null;
  /** Of the main thread, in milliseconds; 0 when none was long enough to be reported. */
  longestTask: number;
}

interface Turns {
  float: number[];
  int8: number[];
}

interface Compared {
  /** Of a part of the picture: the results of int8 against those of float, in decibels. */
  psnr: number;
  /** Milliseconds of each round, in turns: of a tile, and of a picture in the tiles or rows that are usual. */
  tile: Turns;
  picture: Turns;
}

interface PageParts {
  visit(): Promise<Visit>;
  compare(): Promise<Compared>;
}

interface Asked extends Settings {
  /** The network's file in base64. */
  model: string;
  /** Edge of the picture that is timed. */
  timed: number;
}

/** What runs on the page. */
async function openParts({
  model: text,
  workers,
  edge,
  tile,
  timed,
  rounds,
}: Asked): Promise<PageParts> {
  const library = '/tessera.mjs';
  const { Upscaler }: typeof Tessera = await import(library);
  const model = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const sample = await createImageBitmap(await (await fetch('/demo/sample.webp')).blob());
  const part = (extent: number) => {
    const context = new OffscreenCanvas(extent, extent).getContext('2d');
    if (context === null) throw new Error('no canvas');
    context.drawImage(sample, 0, 0, extent, extent);
    return context.getImageData(0, 0, extent, extent);
  };
  const picture = part(edge);
  const patch = part(tile);
  const medium = part(timed);

  async function visit(): Promise<Visit> {
    let longestTask = 0;
    const watch = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
    });
    watch.observe({ type: 'longtask' });
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    const upscaler = await Upscaler.create({ model, workers, quantize: 'auto' });
    const created = seconds();
    for await (const _ of upscaler.tiles(picture)) break;
    const firstTile = seconds();
    const { quantization } = upscaler.info;
    await upscaler.dispose();
    watch.disconnect();
    return { created, firstTile, quantization, longestTask };
  }

  async function compare(): Promise<Compared> {
    const open = (quantize: 'auto' | false) => Upscaler.create({ model, workers: 1, quantize });
    const [float, int8] = [await open(false), await open('auto')];
    await int8.quantize();
    const turns = async <T>(work: (upscaler: Tessera.Upscaler) => Promise<T>) => {
      const times: Turns = { float: [], int8: [] };
      const results: T[] = [];
      for (let round = 0; round <= rounds; round++) {
        for (const [upscaler, list] of [
          [float, times.float],
          [int8, times.int8],
        ] as const) {
          const begun = performance.now();
          const result = await work(upscaler);
          // One round to warm up.
          if (round > 0) list.push(performance.now() - begun);
          else results.push(result);
        }
      }
      return { times, results };
    };
    const patches = await turns(async (upscaler) => (await upscaler.upscalePatch(patch)).data);
    const pictures = await turns((upscaler) => upscaler.upscale(medium));
    const [exact, rounded] = patches.results as [Uint8ClampedArray, Uint8ClampedArray];
    const squares = exact.reduce((sum, value, i) => sum + (value - (rounded[i] as number)) ** 2, 0);
    const values = tile * tile * float.model.scale ** 2 * 3;
    const psnr = 10 * Math.log10((255 ** 2 * values) / squares);
    await Promise.all([float.dispose(), int8.dispose()]);
    return { psnr, tile: patches.times, picture: pictures.times };
  }

  return { visit, compare };
}

interface Speed {
  float_ms: number;
  int8_ms: number;
  ratio: number;
}

function speedOf({ float, int8 }: Turns): Speed {
  const [float_ms, int8_ms] = [median(float), median(int8)];
  return { float_ms, int8_ms, ratio: float_ms / int8_ms };
}

interface Report {
  load: [number, number];
  first: Visit;
  second: Visit;
  psnr: number;
  /** Milliseconds, and how many times as fast int8 is. */
  tile: Speed;
  picture: Speed;
}

const load = (): number => loadavg()[0] as number;

async function measure(page: Page, settings: Settings): Promise<Report> {
  const before = load();
  const file = readFileSync(join(ROOT, await new KnownNetwork('srvgg16').onnx('float')));
  const asked = { ...settings, timed: TIMED_EDGE, model: file.toString('base64') };
  const parts = await page.evaluateHandle(openParts, asked);
  const first = await parts.evaluate((it) => it.visit());
  const second = await parts.evaluate((it) => it.visit());
  const { psnr, tile, picture } = await parts.evaluate((it) => it.compare());
  return {
    load: [before, load()],
    ...{ first, second, psnr, tile: speedOf(tile), picture: speedOf(picture) },
  };
}

function faultsOf({ first, second, psnr, tile }: Report): string[] {
  const faults: string[] = [];
  if (first.quantization?.state !== 'int8') faults.push('the first tile is not of int8');
  if (first.firstTile > MOST_SECONDS) faults.push('the first int8 tile came late');
  if (psnr < LEAST_DECIBELS) faults.push('too far from float');
  if (tile.ratio < LEAST_RATIO) faults.push('too slow');
  if (first.longestTask > LONGEST_TASK_MS) faults.push('a long task on the main thread');
  if (second.quantization?.kept !== true) faults.push('the second visit quantized again');
  return faults;
}

function print(report: Report, { tile }: Settings, faults: readonly string[]): void {
  const { first, second, psnr } = report;
  const speed = ({ float_ms, int8_ms, ratio }: Speed) =>
    `${int8_ms.toFixed(0)} ms in int8, ${float_ms.toFixed(0)} ms in float, ${ratio.toFixed(2)} times as fast`;
  const task = first.longestTask === 0 ? 'none of 50 ms' : `${first.longestTask.toFixed(0)} ms`;
  process.stdout.write(
    `first visit: upscaler after ${first.created.toFixed(2)} s, first tile after ${first.firstTile.toFixed(2)} s (${first.quantization?.state})
second visit: upscaler after ${second.created.toFixed(2)} s, first tile after ${second.firstTile.toFixed(2)} s (${second.quantization?.state})
from float: ${psnr.toFixed(1)} dB; ${first.quantization?.psnr.toFixed(1)} dB on the patches kept back
a tile of ${tile}x${tile}: ${speed(report.tile)}
a picture of ${TIMED_EDGE}x${TIMED_EDGE}: ${speed(report.picture)}
longest task of the main thread: ${task}; load ${report.load.map((n) => n.toFixed(1)).join(' to ')}
${faults.length > 0 ? `FAILS: ${faults.join('; ')}\n` : ''}`,
  );
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '2' },
      edge: { type: 'string', default: '768' },
      tile: { type: 'string', default: '128' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const settings = {
    workers: positive(values.workers, '--workers'),
    edge: positive(values.edge, '--edge'),
    tile: positive(values.tile, '--tile'),
    rounds: positive(values.rounds, '--rounds'),
  };
  const report = await onLibraryPage({}, (page) => measure(page, settings));
  const faults = faultsOf(report);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, faults })}\n`);
  else print(report, settings, faults);
  if (faults.length > 0) process.exitCode = 1;
});
