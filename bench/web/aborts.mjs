// How long an abort takes at each stage of the work: `npm run bench:abort`.

import { parseArgs } from 'node:util';
import { runMain, UserError } from '../../scripts/lib/log.mjs';
import { positive } from '../lib/options.ts';
import { median } from '../lib/summary.ts';
import { onLibraryPage } from './library-page.mjs';

const HELP = `npm run bench:abort [-- OPTIONS]

Aborts in headless Chromium while a model is downloaded, while the core is compiled, and while a picture is
decoded, run and encoded. Prints the milliseconds from the abort to the rejection, and until the same
worker has upscaled another picture of one pixel: the median and the worst.

  --repeats <n>  aborts of each stage (default 50)
  --model <name> a shipped model (default photo-x2)
  --json         print JSON
  --help         this text
`;

const OPTIONS = {
  repeats: { type: 'string', default: '50' },
  model: { type: 'string', default: 'photo-x2' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** Runs on the page: for each stage the times to the rejection and to the next result. */
async function measure({ repeats, model }) {
  const library = '/tessera.mjs';
  const { Upscaler } = await import(library);
  const upscaler = await Upscaler.create({ model, workers: 1 });
  const pixel = new ImageData(1, 1);
  const canvas = new OffscreenCanvas(4000, 3000);
  const context = canvas.getContext('2d');
  for (let i = 0; i < 2000; i++) {
    context.fillStyle = `hsl(${(i * 47) % 360} 70% 50%)`;
    context.fillRect((i * 977) % 4000, (i * 613) % 3000, 90, 70);
  }
  const file = await canvas.convertToBlob();
  const later = (abort) => setTimeout(abort, 5);

  // Each begins something, and calls `abort` when the stage is under way.
  const stages = {
    download: (signal, abort) => {
      later(abort);
      const fetch = () => new Promise(() => {});
      return Upscaler.create({ model, signal, fetch });
    },
    compile: (signal, abort) => {
      // A function of its own: what another has loaded is not shared with it.
      const fetch = (url, init) => globalThis.fetch(url, init);
      const onprogress = (fraction) => fraction > 0.94 && abort();
      return Upscaler.create({ model, signal, fetch, onprogress });
    },
    decode: (signal, abort) => {
      later(abort);
      return upscaler.upscale(file, { signal });
    },
    tiles: (signal, abort) =>
      upscaler.upscale(new ImageData(2000, 1500), { signal, onprogress: abort }),
    encode: (signal, abort) =>
      upscaler.upscale(new ImageData(1000, 750), {
        signal,
        output: 'blob',
        type: 'image/webp',
        onprogress: (fraction) => fraction === 1 && later(abort),
      }),
  };

  const aborted = async (begin) => {
    const controller = new AbortController();
    let at;
    const abort = () => {
      at ??= performance.now();
      controller.abort();
    };
    const done = await begin(controller.signal, abort).then(
      () => true,
      () => false,
    );
    const rejection = performance.now() - at;
    await upscaler.upscale(pixel);
    // What was done before the abort came has nothing to say.
    return done ? undefined : { rejection, idle: performance.now() - at };
  };

  const times = {};
  for (const [stage, begin] of Object.entries(stages)) {
    times[stage] = [];
    for (let tries = 0; times[stage].length < repeats && tries < 2 * repeats; tries++) {
      const time = await aborted(begin);
      if (time !== undefined) times[stage].push(time);
    }
  }
  await upscaler.dispose();
  return times;
}

function summary(times) {
  const of = (name) => {
    const own = times.map((time) => time[name]);
    return { median: median(own), worst: Math.max(...own) };
  };
  return { aborts: times.length, rejection: of('rejection'), idle: of('idle') };
}

const cell = (number) => number.toFixed(1).padStart(9);

function print(stages) {
  const heads = ['aborts', 'median', 'worst', 'idle', 'worst'].map((head) => head.padStart(9));
  process.stdout.write(`${'ms'.padEnd(9)}${heads.join('')}\n`);
  for (const [stage, { aborts, rejection, idle }] of Object.entries(stages)) {
    const cells = [rejection.median, rejection.worst, idle.median, idle.worst].map(cell);
    process.stdout.write(`${stage.padEnd(9)}${String(aborts).padStart(9)}${cells.join('')}\n`);
  }
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const repeats = positive(values.repeats, '--repeats');
  const request = { repeats, model: values.model };
  const times = await onLibraryPage({}, (page) => page.evaluate(measure, request));
  const missing = Object.keys(times).find((stage) => times[stage].length === 0);
  if (missing) throw new UserError(`no abort came in time for the stage ${missing}`);
  const stages = Object.fromEntries(
    Object.entries(times).map(([stage, list]) => [stage, summary(list)]),
  );
  if (values.json) process.stdout.write(`${JSON.stringify({ model: values.model, stages })}\n`);
  else print(stages);
});
