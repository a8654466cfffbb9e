import { basename } from 'node:path';
import type { SourceImage } from '../src/image-input.js';
import type { RawImage, Upscaler } from '../src/index.js';
import {
  parse,
  RUN_OPTIONS,
  type RunArguments,
  runArguments,
  text,
  wholeNumber,
} from './arguments.js';
import type { Command } from './command.js';
import { type Comparison, type Core, openCore } from './core.js';
import { cropToRgba, listImages, readImageFile } from './images.js';
import { ProgressBar } from './progress-bar.js';
import { openUpscaler } from './upscaler.js';
import { UsageError } from './usage-error.js';

const HELP = `Usage: tessera eval --data FOLDER [options]

Measures a model: each image of the folder is reduced (bicubic, antialiased, as MATLAB's imresize),
enlarged again, and compared with what it was. PSNR and SSIM are of the luma (BT.601), without a
border as wide as the scale, and stand beside those of bicubic enlargement.

  -d, --data FOLDER       images: png, jpg, webp, avif, tiff, bmp
  -m, --model NAME|FILE   a shipped model, or an ONNX file or URL (default: photo-x2)
  -s, --scale N           must be the model's; chooses a shipped model when none is named
      --limit N           only the first N images
      --tile N            longest tile edge in input pixels (default: chosen for speed)
  -w, --workers N         threads that work on tiles (default: all cores, at most 8)
      --variant V         auto, simd, relaxed, simd-mt, relaxed-mt (default: auto)
      --json              print the results as JSON
  -h, --help              print this
`;

interface Scores {
  psnr_y: number;
  ssim_y: number;
}

interface ImageScores extends Scores {
  image: string;
  bicubic: Scores;
}

interface EvalArguments extends RunArguments {
  data: string;
  limit: number | undefined;
}

/** RGBA bytes of the largest part, from the top left corner, whose extents are multiples. */
export function cropToMultiple(image: SourceImage, multiple: number): RawImage {
  const width = image.width - (image.width % multiple);
  const height = image.height - (image.height % multiple);
  return cropToRgba(image, 0, 0, width, height);
}

const toScores = ({ psnrY, ssimY }: Comparison): Scores => ({ psnr_y: psnrY, ssim_y: ssimY });

async function measure(upscaler: Upscaler, core: Core, path: string): Promise<ImageScores> {
  const { scale } = upscaler.model;
  const original = cropToMultiple(await readImageFile(path), scale);
  const { width, height } = original;
  const reduced = core.resize(original, width / scale, height / scale);
  const enlarged = await upscaler.upscale(reduced, { output: 'raw' });
  const bicubic = core.resize(reduced, width, height);
  return {
    image: basename(path),
    ...toScores(core.compare(original, enlarged, scale)),
    bicubic: toScores(core.compare(original, bicubic, scale)),
  };
}

function mean(scores: readonly Scores[]): Scores {
  const average = (key: keyof Scores) =>
    scores.reduce((sum, score) => sum + score[key], 0) / scores.length;
  return { psnr_y: average('psnr_y'), ssim_y: average('ssim_y') };
}

function line(name: string, scores: Scores, bicubic: Scores): string {
  const show = ({ psnr_y, ssim_y }: Scores) => `${psnr_y.toFixed(2)} dB  ${ssim_y.toFixed(4)}`;
  return `${name.padEnd(24)}  ${show(scores)}   bicubic ${show(bicubic)}\n`;
}

async function evaluate(
  upscaler: Upscaler,
  core: Core,
  { data, limit, json, model }: EvalArguments,
): Promise<void> {
  const paths = (await listImages(data)).slice(0, limit);
  const bar = new ProgressBar(process.stderr, 'eval');
  const perImage: ImageScores[] = [];
  try {
    for (const path of paths) {
      perImage.push(await measure(upscaler, core, path));
      bar.show(perImage.length / paths.length);
    }
  } finally {
    bar.end();
  }
  const scores = mean(perImage);
  const bicubic = mean(perImage.map((image) => image.bicubic));
  if (!json) {
    for (const image of perImage) process.stdout.write(line(image.image, image, image.bicubic));
    process.stdout.write(line('average', scores, bicubic));
    return;
  }
  const report = {
    model: upscaler.model.name || model,
    data,
    scale: upscaler.model.scale,
    images: perImage.length,
    ...scores,
    bicubic,
    per_image: perImage,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

export const evalCommand: Command = {
  summary: 'measure a model on a folder of images',
  help: HELP,
  async run(args, signal) {
    const options = {
      ...RUN_OPTIONS,
      data: { type: 'string', short: 'd' },
      limit: { type: 'string' },
    } as const;
    const parsed = parse(args, options, []);
    if (parsed.values.help) {
      process.stdout.write(HELP);
      return;
    }
    const data = text(parsed, 'data');
    if (data === undefined) throw new UsageError('missing option: --data FOLDER');
    const evalArguments = { ...runArguments(parsed), data, limit: wholeNumber(parsed, 'limit') };
    const upscaler = await openUpscaler(evalArguments, signal);
    try {
      await evaluate(upscaler, await openCore(), evalArguments);
    } finally {
      await upscaler.dispose();
    }
  },
};
