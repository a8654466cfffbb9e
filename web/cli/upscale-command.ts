import type { Upscaler } from '../src/index.js';
import {
  oneOf,
  PICTURE_HELP,
  parse,
  RUN_OPTIONS,
  type RunArguments,
  runArguments,
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

  -m, --model NAME|FILE   a shipped model, or an ONNX file or URL (default: photo-x2)
  -s, --scale N           the shipped model of this scale
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

interface UpscaleArguments extends RunArguments {
  input: string;
  output: string;
  format: ImageFormat;
  quality: number | undefined;
  alpha: 'keep' | 'ignore';
}

function readArguments(args: string[]): UpscaleArguments {
  const options = {
    ...RUN_OPTIONS,
    alpha: { type: 'string' },
    format: { type: 'string' },
    quality: { type: 'string' },
  } as const;
  const parsed = parse(args, options, ['INPUT', 'OUTPUT']);
  const [input, output] = parsed.positionals as [string, string];
  const quality = wholeNumber(parsed, 'quality');
  if (quality !== undefined && quality > 100) throw new UsageError('--quality is at most 100');
  return {
    ...runArguments(parsed),
    input,
    output,
    format: outputFormat(output, oneOf(parsed, 'format', IMAGE_FORMATS)),
    quality,
    alpha: oneOf(parsed, 'alpha', ['keep', 'ignore']) ?? 'keep',
  };
}

async function upscaleFile(
  upscaler: Upscaler,
  args: UpscaleArguments,
  signal: AbortSignal,
): Promise<void> {
  const source = await readImageFile(args.input);
  const bar = new ProgressBar(process.stderr, upscaler.model.name || 'upscale');
  const begun = performance.now();
  let tiles = 0;
  const image = await upscaler
    .upscale(source, {
      output: 'raw',
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
    model: upscaler.model.name,
    scale: upscaler.model.scale,
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

async function run(args: string[], signal: AbortSignal): Promise<void> {
  const parsed = readArguments(args);
  await checkOutputPath(parsed.input, parsed.output);
  const upscaler = await openUpscaler(parsed, signal);
  try {
    await upscaleFile(upscaler, parsed, signal);
  } finally {
    await upscaler.dispose();
  }
}

export const upscaleCommand: Command = {
  summary: 'enlarge an image',
  help: help('upscale', 'Enlarges an image.'),
  run,
};

/** The same under the name of what networks of scale 1 do. */
export const restoreCommand: Command = {
  summary: 'repair an image at its own size: upscale, with a model of scale 1',
  help: help(
    'restore',
    'Repairs an image with a model of scale 1, which --model names: one that removes noise, blur or\n' +
      'traces of JPEG. The same as upscale.',
  ),
  async run(args, signal) {
    if (readArguments(args).model === undefined) {
      throw new UsageError('restore needs --model: no model of scale 1 is shipped');
    }
    await run(args, signal);
  },
};
