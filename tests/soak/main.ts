// `npm run soak`: a page that upscales for a long time, and whether its memory stays flat.
import { parseArgs } from 'node:util';
import { positive } from '../../bench/lib/options.ts';
import { log, runMain, UserError } from '../../scripts/lib/log.mjs';
import { flatnessOf, sparkline } from './flatness.ts';
import { runSoak, type SoakReport } from './soak.ts';

const HELP = `npm run soak [-- OPTIONS]

A page in headless Chromium upscales pictures of random sizes with four models, to all outputs, aborts,
leaves loops and streams in the middle, disposes and begins anew; its workers are killed and it is
frozen. After each round everything has settled, and the memory of the page's process is sampled.
Needs \`npm run build\`.

  --minutes N    how long (default 30)
  --round S      seconds of a round (default 10)
  --workers N    (default 2)
  --seed N       of the order of things (default 1)
  --json         print JSON
  --help         this text

The exit status is 1 when anything settles in another way than documented, a result differs, or memory
is not flat: the greatest of the last third is more than ${percent(0.02)} over the greatest of the first.
`;

const MOST_GROWTH = 0.02;
const CURVE_WIDTH = 60;

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function print({ counts, failures, samples, before, after }: SoakReport, faults: string[]): void {
  const { first, last, growth } = flatnessOf(samples);
  const deeds = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    `${deeds.join(', ')}
memory after each of ${samples.length} rounds: ${sparkline(samples, CURVE_WIDTH)}
greatest of the first third ${megabytes(first)}, of the last ${megabytes(last)}: ${percent(growth)}
before anything ${megabytes(before)}, once everything is disposed of ${megabytes(after)}
${failures.map((each) => `${each}\n`).join('')}${faults.map((each) => `FAILS: ${each}\n`).join('')}`,
  );
}

function faultsOf({ failures, samples }: SoakReport): string[] {
  const faults: string[] = [];
  if (failures.length > 0) faults.push(`${failures.length} deeds went wrong`);
  if (flatnessOf(samples).growth > MOST_GROWTH) faults.push('memory grows');
  return faults;
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw new UserError(`--minutes takes a number above 0, not '${text}'`);
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      round: { type: 'string', default: '10' },
      workers: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const report = await runSoak({
    minutes: readMinutes(values.minutes),
    roundSeconds: positive(values.round, '--round'),
    workers: positive(values.workers, '--workers'),
    seed: positive(values.seed, '--seed'),
    onsample: (bytes, minutes) => log(`${minutes.toFixed(1)} min: ${megabytes(bytes)}`),
  });
  const faults = faultsOf(report);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, faults })}\n`);
  else print(report, faults);
  if (faults.length > 0) process.exitCode = 1;
});
