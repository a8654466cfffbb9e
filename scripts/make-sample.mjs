// Renders the demo's sample picture, web/demo/sample.webp, from the scene in scripts/sample/.
//
// The scene is rendered at four times the size and then reduced, as a camera's or a phone's small
// picture would be, so that there is true detail for a network to bring back. It is committed; run
// this only to change it (node scripts/make-sample.mjs, a few minutes).

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';
import { buildScene } from './sample/scene.mjs';
import { Tracer } from './sample/tracer.mjs';

const HELP = `Usage: node scripts/make-sample.mjs [options]

  --out <file>         where to write (default web/demo/sample.webp; .png works as well)
  --oversampling <n>   render n times as large before reducing (default 4)
  --samples <n>        n x n rays through each rendered pixel (default 2)
`;

const WIDTH = 432;
const HEIGHT = 324;

/** Linear light to an sRGB byte, with highlights rolled off as film does. */
function toByte(light) {
  const rolled = light < 0.5 ? light : 0.5 + 0.5 * (1 - Math.exp(-(light - 0.5) / 0.5));
  const s = rolled <= 0.0031308 ? 12.92 * rolled : 1.055 * rolled ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, s));
}

async function renderRows({ first, step, width, height, samples }) {
  const tracer = new Tracer(await buildScene());
  for (let y = first; y < height; y += step) {
    const row = Uint8Array.from(tracer.row(y, width, height, samples), toByte);
    parentPort.postMessage({ y, row });
  }
}

/** Rows are dealt out in turn: neighbours cost about the same. */
function render(width, height, samples) {
  const pixels = new Uint8Array(width * height * 3);
  const step = availableParallelism();
  let done = 0;
  const renderPart = (first) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { first, step, width, height, samples },
      });
      worker.on('message', ({ y, row }) => {
        pixels.set(row, y * width * 3);
        done += 1;
        if (done % 100 === 0) log(`${done} of ${height} rows`);
      });
      worker.on('error', reject);
      worker.on('exit', resolve);
    });
  return Promise.all(Array.from({ length: step }, (_, i) => renderPart(i))).then(() => pixels);
}

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(ROOT, 'web', 'demo', 'sample.webp') },
      oversampling: { type: 'string', default: '4' },
      samples: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [oversampling, samples] = [Number(values.oversampling), Number(values.samples)];
  if (!(oversampling >= 1 && samples >= 1))
    throw new UserError(`numbers from 1 up are needed\n\n${HELP}`);
  const width = WIDTH * oversampling;
  const height = HEIGHT * oversampling;
  const pixels = await render(width, height, samples);
  const raw = { raw: { width, height, channels: 3 } };
  const reduced = sharp(pixels, raw).resize(WIDTH, HEIGHT, { kernel: 'lanczos3' });
  const encoded = values.out.endsWith('.png')
    ? reduced.png({ compressionLevel: 9 })
    : // Off by one level at most, and a fifth smaller than without any loss.
      reduced.webp({ nearLossless: true, quality: 80, effort: 6 });
  const { size } = await encoded.toFile(values.out);
  log(`${values.out}: ${WIDTH}x${HEIGHT}, ${Math.round(size / 1024)} KiB`);
}

if (isMainThread) runMain(main);
else renderRows(workerData);
