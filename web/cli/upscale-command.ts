import { describe } from '../src/errors.js';
import type { TargetSize } from '../src/index.js';
import { resolveTarget } from '../src/options.js';
import {
  oneOf,
  type ParsedArguments,
  PICTURE_HELP,
  parse,
  positionals,
  positiveNumber,
  RUN_OPTIONS,
  type RunArguments,
  runArguments,
  text,
  wholeNumber,
} from './arguments.js';
import { findBatch, parseShard, type Shard } from './batch.js';
import type { Command } from './command.js';
import {
  checkOutputPath,
  IMAGE_FORMATS,
  type ImageFormat,
  type MetadataMode,
  outputFormat,
} from './images.js';
import { ProgressBar } from './progress-bar.js';
import { upscaleBatch } from './upscale-batch.js';
import { type ImageJob, upscaleImage } from './upscale-image.js';
import { openUpscaler } from './upscaler.js';
import { UsageError } from './usage-error.js';

const help = (command: string, does: string) => `\
Usage: tessera ${command} INPUT OUTPUT [options]
       tessera ${command} INPUT... --out FOLDER [options]

${does} OUTPUT's extension chooses the format: png, jpg, webp, avif, tiff.
With --out, INPUTs are files, folders and patterns ('photos/**/*.jpg'); results keep their names and
places below FOLDER. What is there already is left alone, so that an interrupted run goes on; one failure
does not end it. INPUT may be - for standard input, with OUTPUT.

      --out FOLDER        where the results of many images go
      --shard I/N         with --out: the I-th of N parts of the images, for N runs of the same command
      --overwrite         with --out: do what is there already, too

  -m, --model NAME|FILE   a shipped model, a family of them (the scale next above is taken), or an
                          ONNX file or URL (default: photo)
  -s, --scale N           how many times as long each edge becomes, such as 2 or 1.5
      --width N           width of the result in pixels
      --height N          height of the result in pixels
      --fit MODE          with both: contain, cover (cuts off), fill (distorts) (default: contain)
      --max-pixels N      as large as the model allows, with at most so many pixels
      --tile N            longest tile edge in input pixels (default: chosen for speed)
      --overlap N|exact   input pixels that tiles overlap by (default: exact if affordable)
  -w, --workers N         threads that work on tiles (default: all cores, at most 8)
      --variant V         auto, simd, relaxed, simd-mt, relaxed-mt (default: auto)
      --alpha MODE        keep or ignore transparency (default: keep)
      --format F          png, jpeg, webp, avif, tiff
      --quality N         1 to 100, for jpeg, webp, avif
      --metadata MODE     keep or drop EXIF, colour profile and density (default: keep)
      --json              print what was done as JSON
  -h, --help              print this

Over what the model file says:
${PICTURE_HELP}`;

// When no model is named.
const DEFAULT_MODEL = 'photo';

/** Many images. */
interface BatchArguments {
  inputs: string[];
  out: string;
  format: ImageFormat | undefined;
  shard: Shard | undefined;
}

interface UpscaleArguments extends RunArguments {
  model: string;
  work: ImageJob | BatchArguments;
  overwrite: boolean;
  quality: number | undefined;
  alpha: 'keep' | 'ignore';
  metadata: MetadataMode;
  target: TargetSize | undefined;
}

function targetSize(parsed: ParsedArguments): TargetSize | undefined {
  const size = {
    scale: positiveNumber(parsed, 'scale'),
    width: wholeNumber(parsed, 'width'),
    height: wholeNumber(parsed, 'height'),
    fit: oneOf(parsed, 'fit', ['contain', 'cover', 'fill']),
    maxPixels: wholeNumber(parsed, 'max-pixels'),
  };
  try {
    return resolveTarget(size);
  } catch (error) {
    throw new UsageError(describe(error));
  }
}

function workOf(parsed: ParsedArguments): ImageJob | BatchArguments {
  const format = oneOf(parsed, 'format', IMAGE_FORMATS);
  const shard = parseShard(text(parsed, 'shard'));
  const out = text(parsed, 'out');
  if (out !== undefined) {
    const [first, ...rest] = parsed.positionals;
    if (first === undefined) throw new UsageError('missing argument: INPUT');
    return { inputs: [first, ...rest], out, format, shard };
  }
  if (shard !== undefined) throw new UsageError('--shard is for many images, with --out FOLDER');
  const [input, output] = positionals(parsed, ['INPUT', 'OUTPUT']);
  return { input, output, format: outputFormat(output, format) };
}

/** @param fallback - the model when none is named */
function readArguments(args: string[], fallback?: string): UpscaleArguments {
  const options = {
    ...RUN_OPTIONS,
    alpha: { type: 'string' },
    format: { type: 'string' },
    quality: { type: 'string' },
    metadata: { type: 'string' },
    width: { type: 'string' },
    height: { type: 'string' },
    fit: { type: 'string' },
    'max-pixels': { type: 'string' },
    out: { type: 'string' },
    shard: { type: 'string' },
    overwrite: { type: 'boolean' },
  } as const;
  const parsed = parse(args, options);
  const model = text(parsed, 'model') ?? fallback;
  if (model === undefined) {
    throw new UsageError('restore needs --model: no model of scale 1 is shipped');
  }
  const quality = wholeNumber(parsed, 'quality');
  if (quality !== undefined && quality > 100) throw new UsageError('--quality is at most 100');
  return {
    ...runArguments({ ...parsed, values: { ...parsed.values, scale: undefined } }),
    model,
    work: workOf(parsed),
    overwrite: parsed.values.overwrite === true,
    quality,
    alpha: oneOf(parsed, 'alpha', ['keep', 'ignore']) ?? 'keep',
    metadata: oneOf(parsed, 'metadata', ['keep', 'drop']) ?? 'keep',
    target: targetSize(parsed),
  };
}

async function upscaleOne(args: UpscaleArguments, job: ImageJob, signal: AbortSignal) {
  await checkOutputPath(job.input, job.output);
  const upscaler = await openUpscaler(args, signal);
  const bar = new ProgressBar(process.stderr, args.model);
  try {
    const done = await upscaleImage(upscaler, job, args, signal, (fraction) => bar.show(fraction));
    bar.end();
    if (!args.json) return;
    const { variant, reason, workers, threads } = upscaler.info;
    const report = { ...done, variant, reason, workers, threads };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    bar.end();
    await upscaler.dispose();
  }
}

async function upscaleMany(args: UpscaleArguments, batch: BatchArguments, signal: AbortSignal) {
  const jobs = await findBatch(batch.inputs, batch.out, batch.format, batch.shard);
  const upscaler = await openUpscaler(args, signal);
  try {
    await upscaleBatch(upscaler, jobs, args, signal);
  } finally {
    await upscaler.dispose();
  }
}

async function run(args: UpscaleArguments, signal: AbortSignal): Promise<void> {
  if ('inputs' in args.work) await upscaleMany(args, args.work, signal);
  else await upscaleOne(args, args.work, signal);
}

export const upscaleCommand: Command = {
  summary: 'enlarge an image',
  help: help('upscale', 'Enlarges an image.'),
  run: async (args, signal) => run(readArguments(args, DEFAULT_MODEL), signal),
};

/** The same under the name of what networks of scale 1 do. */
export const restoreCommand: Command = {
  summary: 'repair an image at its own size: upscale, with a model of scale 1',
  help: help(
    'restore',
    'Repairs an image with a model of scale 1, which --model names: one that removes noise, blur or\n' +
      'traces of JPEG. The same as upscale.',
  ),
  run: async (args, signal) => run(readArguments(args), signal),
};
