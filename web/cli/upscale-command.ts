import { describe } from '../src/errors.js';
import type { SourceImage } from '../src/image/source.js';
import type { TargetSize, Upscaler } from '../src/index.js';
import { familyMembers, type Member, memberFor } from '../src/load/families.js';
import { resolveTarget } from '../src/options.js';
import { neededScale } from '../src/tiling/target.js';
import {
  oneOf,
  type ParsedArguments,
  PICTURE_HELP,
  parse,
  positiveNumber,
  RUN_OPTIONS,
  type RunArguments,
  runArguments,
  text,
  wholeNumber,
} from './arguments.js';
import type { Command } from './command.js';
import {
  checkOutputPath,
  IMAGE_FORMATS,
  type ImageFormat,
  outputFormat,
  readImageFile,
  withoutAlpha,
  writeImageFile,
} from './images.js';
import { ProgressBar } from './progress-bar.js';
import { openUpscaler } from './upscaler.js';
import { UsageError } from './usage-error.js';

const help = (command: string, does: string) => `\
Usage: tessera ${command} INPUT OUTPUT [options]

${does} OUTPUT's extension chooses the format: png, jpg, webp, avif, tiff.

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
      --json              print what was done as JSON
  -h, --help              print this

Over what the model file says:
${PICTURE_HELP}`;

// When no model is named.
const DEFAULT_MODEL = 'photo';

interface UpscaleArguments extends RunArguments {
  model: string;
  input: string;
  output: string;
  format: ImageFormat;
  quality: number | undefined;
  alpha: 'keep' | 'ignore';
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

/** @param fallback - the model when none is named */
function readArguments(args: string[], fallback?: string): UpscaleArguments {
  const options = {
    ...RUN_OPTIONS,
    alpha: { type: 'string' },
    format: { type: 'string' },
    quality: { type: 'string' },
    width: { type: 'string' },
    height: { type: 'string' },
    fit: { type: 'string' },
    'max-pixels': { type: 'string' },
  } as const;
  const parsed = parse(args, options, ['INPUT', 'OUTPUT']);
  const [input, output] = parsed.positionals as [string, string];
  const model = text(parsed, 'model') ?? fallback;
  if (model === undefined) {
    throw new UsageError('restore needs --model: no model of scale 1 is shipped');
  }
  const quality = wholeNumber(parsed, 'quality');
  if (quality !== undefined && quality > 100) throw new UsageError('--quality is at most 100');
  return {
    ...runArguments({ ...parsed, values: { ...parsed.values, scale: undefined } }),
    model,
    input,
    output,
    format: outputFormat(output, oneOf(parsed, 'format', IMAGE_FORMATS)),
    quality,
    alpha: oneOf(parsed, 'alpha', ['keep', 'ignore']) ?? 'keep',
    target: targetSize(parsed),
  };
}

/** Which model an image gets. */
function modelOf(upscaler: Upscaler, source: SourceImage, args: UpscaleArguments): Member {
  const members = familyMembers(args.model);
  return members.length === 0
    ? upscaler.model
    : memberFor(members, neededScale(args.target, source));
}

async function upscaleFile(
  upscaler: Upscaler,
  source: SourceImage,
  args: UpscaleArguments,
  signal: AbortSignal,
): Promise<void> {
  const model = modelOf(upscaler, source, args);
  const bar = new ProgressBar(process.stderr, model.name || 'upscale');
  const begun = performance.now();
  let tiles = 0;
  const image = await upscaler
    .upscale(source, {
      output: 'raw',
      ...args.target,
      alpha: args.alpha,
      signal,
      transfer: true,
      onprogress(fraction, tile) {
        if (tile !== undefined) tiles = tile.count;
        bar.show(fraction);
      },
    })
    .finally(() => bar.end());
  const seconds = (performance.now() - begun) / 1000;
  const transparent = args.alpha === 'keep' && source.channels === 4;
  const result = { ...image, channels: 4 } as const;
  await writeImageFile(
    args.output,
    transparent ? result : withoutAlpha(result),
    args.format,
    args.quality,
  );
  if (!args.json) return;
  const { variant, reason, workers, threads } = upscaler.info;
  const { width, height } = image;
  const report = {
    input: args.input,
    output: args.output,
    model: model.name,
    scale: model.scale,
    width,
    height,
    tiles,
    seconds,
    variant,
    reason,
    workers,
    threads,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function run(parsed: UpscaleArguments, signal: AbortSignal): Promise<void> {
  await checkOutputPath(parsed.input, parsed.output);
  const source = await readImageFile(parsed.input);
  const upscaler = await openUpscaler(parsed, signal);
  try {
    await upscaleFile(upscaler, source, parsed, signal);
  } finally {
    await upscaler.dispose();
  }
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
