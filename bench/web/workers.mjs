// Two workers against one, on one page, in turns: `npm run bench:workers`.

import { parseArgs } from 'node:util';
import { log, runMain, UserError } from '../../scripts/lib/log.mjs';
import { positive } from '../lib/options.ts';
import { median } from '../lib/summary.ts';
import { onLibraryPage } from './library-page.mjs';

const HELP = `npm run bench:workers [-- OPTIONS]

Upscales one picture with 1 and with N workers in turns, in headless Chromium, and prints the times
and their ratio. The ratio is that of the fastest runs; the spread is printed beside it.

  --workers <n>    workers to compare with one (default 2)
  --rounds <n>     pairs of runs (default 9)
  --size <w>x<h>   input pixels (default 768x512)
  --variant <v>    simd or relaxed (default: what the library chooses)
  --isolated       on a cross-origin isolated page
  --json           print JSON
  --help           this text
`;

const OPTIONS = {
  workers: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '9' },
  size: { type: 'string', default: '768x512' },
  variant: { type: 'string', default: 'auto' },
  isolated: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** Runs on the page: alternates the two upscalers and returns all times in milliseconds. */
async function measure({ workers, rounds, width, height, variant }) {
  const library = '/tessera.mjs';
  const { Upscaler } = await import(library);
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24,
  );
  const image = new ImageData(data, width, height);
  const subjects = [];
  for (const count of [1, workers]) {
    const upscaler = await Upscaler.create({ variant, workers: count });
    await upscaler.upscale(image, { output: 'raw' });
    subjects.push({ count, upscaler, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { upscaler, times } of subjects) {
      const begin = performance.now();
      await upscaler.upscale(image, { output: 'raw' });
      times.push(performance.now() - begin);
    }
  }
  const { info } = subjects[0].upscaler;
  for (const { upscaler } of subjects) await upscaler.dispose();
  return {
    variant: info.variant,
    times: Object.fromEntries(subjects.map(({ count, times }) => [count, times])),
  };
}

const summarise = (times) => ({
  min: Math.min(...times),
  median: median(times),
  max: Math.max(...times),
});

function print(report) {
  for (const [count, { min, median, max }] of Object.entries(report.workers)) {
    const [fastest, middle, slowest] = [min, median, max].map((time) =>
      time.toFixed(1).padStart(8),
    );
    log(`${count} worker(s): min ${fastest} ms, median ${middle} ms, max ${slowest} ms`);
  }
  process.stdout.write(
    `${report.variant}, ${report.size}: ${report.ratio_min.toFixed(2)}x by the fastest runs, ` +
      `${report.ratio_median.toFixed(2)}x by the medians\n`,
  );
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const workers = positive(values.workers, '--workers');
  const rounds = positive(values.rounds, '--rounds');
  const [width, height] = values.size.split('x').map((edge) => positive(edge, '--size'));
  if (height === undefined) throw new UserError('--size takes <width>x<height>, such as 768x512');

  const request = { workers, rounds, width, height, variant: values.variant };
  const { variant, times } = await onLibraryPage({ isolated: values.isolated }, (page) =>
    page.evaluate(measure, request),
  );
  const one = summarise(times[1]);
  const many = summarise(times[workers]);
  const report = {
    variant,
    isolated: values.isolated,
    size: `${width}x${height}`,
    workers: { 1: one, [workers]: many },
    ratio_min: one.min / many.min,
    ratio_median: one.median / many.median,
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
});
