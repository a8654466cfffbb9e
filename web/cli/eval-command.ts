import type { Upscaler } from '../src/index.js';
import {
  oneOf,
  parse,
  RUN_OPTIONS,
  type RunArguments,
  runArguments,
  text,
  wholeNumber,
} from './arguments.js';
import type { Command } from './command.js';
import { openCore } from './core.js';
import {
  averageOf,
  evaluateImages,
  type ImageMeasurement,
  type Measurement,
  type Scores,
} from './evaluation.js';
import { listImages } from './images.js';
import { ProgressBar } from './progress-bar.js';
import { openUpscaler } from './upscaler.js';
import { UsageError } from './usage-error.js';

const DEFAULT_SEED = 1;

const HELP = `Usage: tessera eval --data FOLDER [options]

Measures a model: each image of the folder is reduced (bicubic, antialiased, as MATLAB's imresize),
enlarged again, and compared with what it was. PSNR and SSIM are of the luma (BT.601), without a
border as wide as the scale, and stand beside those of bicubic enlargement. So do GMSD (gradients of
the luma, 0 is best), the PSNR of the result, reduced again, against the small image, and the mean
error of each colour.

  -d, --data FOLDER       images: png, jpg, webp, avif, tiff, bmp
  -m, --model NAME|FILE   a shipped model, or an ONNX file or URL (default: photo-x2)
  -s, --scale N           must be the model's; chooses a shipped model when none is named
  -r, --reference FILE    a model to compare with, such as the float parent of an int8 one
      --degrade web       blur, noise and JPEG for the small images, as pictures on the web have
      --seed N            of these (default: ${DEFAULT_SEED})
      --seams             compare small tiles with one tile; two more runs
      --limit N           only the first N images
      --tile N            longest tile edge in input pixels (default: chosen for speed)
      --overlap N|exact   input pixels that tiles overlap by (default: exact if affordable)
  -w, --workers N         threads that work on tiles (default: all cores, at most 8)
      --variant V         auto, simd, relaxed, simd-mt, relaxed-mt (default: auto)
      --json              print the results as JSON
  -h, --help              print this
`;

interface EvalArguments extends RunArguments {
  data: string;
  limit: number | undefined;
  reference: string | undefined;
  seams: boolean;
  webSeed: number | undefined;
}

function readArguments(args: string[]): EvalArguments {
  const options = {
    ...RUN_OPTIONS,
    data: { type: 'string', short: 'd' },
    limit: { type: 'string' },
    reference: { type: 'string', short: 'r' },
    degrade: { type: 'string' },
    seed: { type: 'string' },
    seams: { type: 'boolean' },
  } as const;
  const parsed = parse(args, options, []);
  const data = text(parsed, 'data');
  if (data === undefined) throw new UsageError('missing option: --data FOLDER');
  const degrade = oneOf(parsed, 'degrade', ['web']);
  const seed = wholeNumber(parsed, 'seed');
  if (seed !== undefined && degrade === undefined) {
    throw new UsageError('--seed is for --degrade web');
  }
  return {
    ...runArguments(parsed),
    data,
    limit: wholeNumber(parsed, 'limit'),
    reference: text(parsed, 'reference'),
    seams: parsed.values.seams === true,
    webSeed: degrade === undefined ? undefined : (seed ?? DEFAULT_SEED),
  };
}

const decibels = (value: number) =>
  value === Infinity ? 'no difference' : `${value.toFixed(2)} dB`;

function line(name: string, scores: Scores, bicubic: Scores): string {
  const show = ({ psnr_y, ssim_y }: Scores) => `${decibels(psnr_y)}  ${ssim_y.toFixed(4)}`;
  return `${name.padEnd(24)}  ${show(scores)}   bicubic ${show(bicubic)}\n`;
}

/** The averages that the table of images has no room for. */
function details({ seams, reference, ...scores }: Measurement): string {
  const { bicubic } = scores;
  const errors = ({ channel_error }: Scores) =>
    channel_error.map((error) => error.toFixed(2)).join(' ');
  const rows: [string, string][] = [
    ['GMSD', `${scores.gmsd.toFixed(4)}   bicubic ${bicubic.gmsd.toFixed(4)}`],
    ['reduced again', `${decibels(scores.lr_psnr)}   bicubic ${decibels(bicubic.lr_psnr)}`],
    ['error of red green blue', `${errors(scores)}   bicubic ${errors(bicubic)}`],
  ];
  if (seams !== undefined) {
    rows.push(['seams', `at most ${seams.max}, on average ${seams.mean.toFixed(4)} grey levels`]);
  }
  if (reference !== undefined) {
    const own = `${decibels(reference.psnr_y)}  ${reference.ssim_y.toFixed(4)}`;
    rows.push(['reference', `${own}   between the two ${decibels(reference.psnr_between)}`]);
  }
  return rows.map(([name, value]) => `${name.padEnd(24)}  ${value}\n`).join('');
}

function print(
  args: EvalArguments,
  upscaler: Upscaler,
  reference: Upscaler | undefined,
  images: readonly ImageMeasurement[],
): void {
  const average = averageOf(images);
  if (!args.json) {
    const lines = images.map((image) => line(image.image, image, image.bicubic)).join('');
    process.stdout.write(lines + line('average', average, average.bicubic) + details(average));
    return;
  }
  const { reference: referenceScores, ...scores } = average;
  const report = {
    model: upscaler.model.name || args.model,
    data: args.data,
    scale: upscaler.model.scale,
    images: images.length,
    ...(args.webSeed === undefined ? {} : { degrade: { kind: 'web', seed: args.webSeed } }),
    ...scores,
    ...(reference === undefined
      ? {}
      : { reference: { model: reference.model.name || args.reference, ...referenceScores } }),
    per_image: images,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function evaluate(
  args: EvalArguments,
  upscaler: Upscaler,
  reference: Upscaler | undefined,
  signal: AbortSignal,
): Promise<void> {
  const paths = (await listImages(args.data)).slice(0, args.limit);
  const bar = new ProgressBar(process.stderr, 'eval');
  const { seams, webSeed } = args;
  const setup = { core: await openCore(), upscaler, reference, seams, webSeed, signal };
  const images = await evaluateImages(setup, paths, (done) =>
    bar.show(done / paths.length),
  ).finally(() => bar.end());
  print(args, upscaler, reference, images);
}

/** Opens the model to compare with; it must have the scale of the one that is measured. */
async function openReference(
  args: EvalArguments,
  scale: number,
  signal: AbortSignal,
): Promise<Upscaler | undefined> {
  if (args.reference === undefined) return undefined;
  const reference = await openUpscaler(
    { ...args, model: args.reference, scale: undefined },
    signal,
  );
  if (reference.model.scale === scale) return reference;
  await reference.dispose();
  throw new UsageError(`--reference has scale ${reference.model.scale}, the model ${scale}`);
}

export const evalCommand: Command = {
  summary: 'measure a model on a folder of images',
  help: HELP,
  async run(args, signal) {
    const parsed = readArguments(args);
    const upscaler = await openUpscaler(parsed, signal);
    try {
      const reference = await openReference(parsed, upscaler.model.scale, signal);
      try {
        await evaluate(parsed, upscaler, reference, signal);
      } finally {
        await reference?.dispose();
      }
    } finally {
      await upscaler.dispose();
    }
  },
};
