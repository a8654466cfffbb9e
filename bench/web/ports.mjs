// Patches through ports against patches handed over directly, in turns: `npm run bench:ports`.

import { parseArgs } from 'node:util';
import { runMain, UserError } from '../../scripts/lib/log.mjs';
import { positive } from '../lib/options.ts';
import { median } from '../lib/summary.ts';
import { onLibraryPage } from './library-page.mjs';

const HELP = `npm run bench:ports [-- OPTIONS]

Hands patches to one pool of workers in headless Chromium: by turns from the page that has it, and from
web workers through ports. Prints the patches per second of both and their ratio, by the medians.

  --clients <n>   web workers (default 4)
  --patches <n>   patches of each run (default 1000)
  --size <n>      edge of a patch (default 128)
  --workers <n>   of the pool (default 2)
  --rounds <n>    pairs of runs (default 5)
  --least <x>     fail where the ratio is less
  --json          print JSON
  --help          this text
`;

const OPTIONS = {
  clients: { type: 'string', default: '4' },
  patches: { type: 'string', default: '1000' },
  size: { type: 'string', default: '128' },
  workers: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '5' },
  least: { type: 'string', default: '0' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

// What the page and its web workers do.
const HAND_OVER = `
import { Upscaler } from '/tessera.mjs';
export { Upscaler };
export async function handOver(upscaler, count, size) {
  const data = Uint8ClampedArray.from({ length: size * size * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24);
  const patch = { data, width: size, height: size };
  await Promise.all(Array.from({ length: count }, () => upscaler.upscalePatch(patch)));
}`;

const CLIENT = `
import { handOver, Upscaler } from '/hand-over.mjs';
let upscaler;
onmessage = async ({ data: { port, count, size } }) => {
  if (port) upscaler = await Upscaler.connect(port);
  else await handOver(upscaler, count, size);
  postMessage('done');
};`;

/** Runs on the page: the times of both ways, in milliseconds. */
async function measure({ clients, patches, size, workers, rounds }) {
  const module = '/hand-over.mjs';
  const { handOver, Upscaler } = await import(module);
  const upscaler = await Upscaler.create({ workers });
  const done = (worker) =>
    new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  const threads = [];
  for (let i = 0; i < clients; i++) {
    const worker = new Worker('/client.mjs', { type: 'module' });
    const port = upscaler.port();
    worker.postMessage({ port }, [port]);
    await done(worker);
    threads.push(worker);
  }
  const own = () => handOver(upscaler, patches, size);
  const count = Math.ceil(patches / clients);
  const ported = () =>
    Promise.all(
      threads.map((worker) => {
        worker.postMessage({ count, size });
        return done(worker);
      }),
    );
  const ways = [
    { run: own, count: patches, rates: [] },
    { run: ported, count: count * clients, rates: [] },
  ];
  await handOver(upscaler, 50, size);
  for (let round = 0; round < rounds; round++) {
    for (const { run, count, rates } of ways) {
      const begin = performance.now();
      await run();
      rates.push((1000 * count) / (performance.now() - begin));
    }
    // Neither is always the second.
    ways.reverse();
  }
  await upscaler.dispose();
  const byWay = new Map(ways.map(({ run, rates }) => [run, rates]));
  return { own: byWay.get(own), ported: byWay.get(ported) };
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const names = ['clients', 'patches', 'size', 'workers', 'rounds'];
  const request = Object.fromEntries(
    names.map((name) => [name, positive(values[name], `--${name}`)]),
  );
  const scripts = { '/hand-over.mjs': HAND_OVER, '/client.mjs': CLIENT };
  const { own, ported } = await onLibraryPage({ scripts }, (page) =>
    page.evaluate(measure, request),
  );
  const report = {
    ...request,
    own: median(own),
    ported: median(ported),
    ratio: median(ported) / median(own),
    rates: { own, ported },
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report)}\n`
      : `${report.own.toFixed(1)} patches/s handed over directly, ${report.ported.toFixed(1)} from ` +
          `${request.clients} web workers through ports: ${report.ratio.toFixed(3)}\n`,
  );
  if (report.ratio < Number(values.least)) throw new UserError(`less than ${values.least}`);
});
