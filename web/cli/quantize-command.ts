import type { QuantizeReport, QuantizeSettings } from '../src/worker/quantize-report.js';
import { oneOf, parse, text, wholeNumber } from './arguments.js';
import { madePictures, randomCrops } from './calibration.js';
import type { Command } from './command.js';
import { openTools } from './core.js';
import { checkOutputPath, writeWhole } from './images.js';
import { modelSource } from './models.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

const DEFAULT_CROPS = 32;
const DEFAULT_CROP_SIZE = 96;
const DEFAULT_LONGEST = 1600;

const HELP = `Usage: tessera quantize MODEL (--images FOLDER | --data-free) --output FILE [options]

Turns a float network into one with 8-bit weights and tensors, which runs faster and is a quarter
of the size. It is calibrated on random parts of images like those that the network will enlarge
(not enlarged ones: they are the network's inputs). A quarter of them judges the result. The same
images give the same file. Without any images it loses a little more.

  -i, --images FOLDER     images, subfolders too: png, jpg, webp, avif, tiff, bmp
      --data-free         calibrate on pictures made by rule instead, as many and as large as the crops
  -o, --output FILE       the ONNX file to write (quantized operators as QDQ pairs)
      --weight-bits N     7, for the fastest kernels, or 8 (default: 7)
      --crops N           how many parts of images are used (default: ${DEFAULT_CROPS})
      --crop-size N       their edge in pixels (default: ${DEFAULT_CROP_SIZE})
      --shrink N          images with a longer side are reduced to it first (default: ${DEFAULT_LONGEST})
      --ranges R          least-error or min-max (default: least-error)
      --no-equalize       do not try cross-layer equalization
      --no-compensate     do not try rounding weights so that their errors cancel
      --no-correct-bias   do not try bias correction
      --json              print what was done as JSON
  -h, --help              print this
`;

interface QuantizeArguments {
  model: string;
  /** Undefined: pictures made by rule. */
  images: string | undefined;
  output: string;
  crops: number;
  cropSize: number;
  longest: number;
  settings: QuantizeSettings;
  json: boolean;
}

function readArguments(args: string[]): QuantizeArguments {
  const options = {
    images: { type: 'string', short: 'i' },
    'data-free': { type: 'boolean' },
    output: { type: 'string', short: 'o' },
    'weight-bits': { type: 'string' },
    crops: { type: 'string' },
    'crop-size': { type: 'string' },
    shrink: { type: 'string' },
    ranges: { type: 'string' },
    'no-equalize': { type: 'boolean' },
    'no-compensate': { type: 'boolean' },
    'no-correct-bias': { type: 'boolean' },
    json: { type: 'boolean' },
  } as const;
  const parsed = parse(args, options, ['MODEL']);
  const output = text(parsed, 'output');
  if (output === undefined) throw new UsageError('missing option: --output FILE');
  const images = text(parsed, 'images');
  if ((images === undefined) !== (parsed.values['data-free'] === true)) {
    throw new UsageError('one of two options is needed: --images FOLDER, or --data-free');
  }
  return {
    model: parsed.positionals[0] as string,
    images,
    output,
    crops: wholeNumber(parsed, 'crops') ?? DEFAULT_CROPS,
    cropSize: wholeNumber(parsed, 'crop-size') ?? DEFAULT_CROP_SIZE,
    longest: wholeNumber(parsed, 'shrink') ?? DEFAULT_LONGEST,
    settings: {
      weightBits: Number(oneOf(parsed, 'weight-bits', ['7', '8']) ?? '7'),
      equalize: parsed.values['no-equalize'] !== true,
      compensate: parsed.values['no-compensate'] !== true,
      correctBias: parsed.values['no-correct-bias'] !== true,
      clipRanges: oneOf(parsed, 'ranges', ['least-error', 'min-max']) !== 'min-max',
    },
    json: parsed.values.json === true,
  };
}

/** The largest crop that the network takes and that is not larger than asked for. */
function fittingSize(asked: number, multiple: number): number {
  const size = asked - (asked % multiple);
  if (size > 0) return size;
  throw new UsageError(`--crop-size must be at least ${multiple} for this network`);
}

function show(args: QuantizeArguments, report: QuantizeReport, bytes: number): string {
  const decibels = (value: number) => `${value.toFixed(1)} dB`;
  const width = Math.max(...report.tensors.map(({ node }) => node.length), 0);
  const lines = report.tensors.map(
    ({ node, sqnr }) => `${node.padEnd(width)}  signal to error ${decibels(sqnr)}`,
  );
  const steps = [
    `equalized by ${report.equalization}`,
    report.compensated ? 'rounded with compensation' : 'rounded plainly',
    report.biasCorrected ? 'biases corrected' : 'biases as they were',
  ];
  return `${lines.join('\n')}
${report.convolutions} convolutions with ${args.settings.weightBits}-bit weights: \
${steps.join(', ')}
${decibels(report.psnr)} PSNR of the output against the float network's
${args.output}: ${bytes} bytes
`;
}

async function quantize(args: QuantizeArguments, signal: AbortSignal): Promise<void> {
  const core = await openTools();
  const source = await modelSource(args.model);
  const { sizeMultiple } = await core.inspect(source);
  const size = fittingSize(args.cropSize, sizeMultiple);
  const choice = { crops: args.crops, size, longest: args.longest };
  const images =
    args.images === undefined
      ? madePictures(choice)
      : await randomCrops(core, args.images, choice, signal);
  const begun = performance.now();
  const bar = new ProgressBar(process.stderr, 'quantize');
  // The core works in this thread, which therefore cannot answer Ctrl+C: let it end the process.
  // There is nothing to clean up, since the file is written last.
  process.removeAllListeners('SIGINT');
  const { file, report } = await core
    .quantize(source, { settings: args.settings, images }, (fraction) => bar.show(fraction))
    .finally(() => bar.end());
  await writeWhole(args.output, file);
  if (!args.json) {
    process.stdout.write(show(args, report, file.length));
    return;
  }
  const { weightBits } = args.settings;
  const seconds = (performance.now() - begun) / 1000;
  const json = {
    model: args.model,
    output: args.output,
    bytes: file.length,
    weight_bits: weightBits,
    crop_size: size,
    images: report.images,
    held_out: report.heldOut,
    convolutions: report.convolutions,
    equalization: report.equalization,
    compensated: report.compensated,
    bias_corrected: report.biasCorrected,
    psnr: report.psnr,
    layers: report.tensors.map(({ node, scale, zeroPoint, sqnr }) => ({
      node,
      scale,
      zero_point: zeroPoint,
      sqnr,
    })),
    seconds,
  };
  process.stdout.write(`${JSON.stringify(json)}\n`);
}

export const quantizeCommand: Command = {
  summary: 'make a float network one with 8-bit weights and tensors',
  help: HELP,
  async run(args, signal) {
    const parsed = readArguments(args);
    await checkOutputPath(parsed.model, parsed.output);
    await quantize(parsed, signal);
  },
};
