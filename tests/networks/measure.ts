// Runs one network in one form: beside ONNX Runtime, in tiles beside the whole, in int8 beside float.
import type { PixelSource, RawImage, Upscaler } from '../../web/src/index.ts';
import { type CoreModule, runNetwork } from '../web/support/core.ts';
import { openUpscaler } from '../web/support/node-upscaler.ts';
import { type FloatImage, runReference } from '../web/support/onnxruntime.ts';
import { type FormName, type Network, type NetworkFiles, writeNetworkFiles } from './network.ts';
import { makePicture, toSamples } from './pictures.ts';
import { quantizeFile } from './quantize.ts';

/** What a network in one form was measured to do. A row with an error has not passed. */
export interface Row {
  name: string;
  form: FormName;
  /** Largest difference from ONNX Runtime, in levels: 1/255 of the network's range. */
  float_max_err: number | null;
  tiled_equal: boolean | null;
  /** Largest difference between tiles and the whole, in levels of bytes. */
  seam_err: number | null;
  /** What the library says beforehand that tiles differ by; null where they are exact. */
  seam_announced: number | null;
  /** Of the quantized network against its own float, in decibels. */
  int8_psnr: number | null;
  /** Largest change of a colour's mean by quantizing, in levels. */
  int8_shift: number | null;
  /** Memory of one worker for a tile. */
  wasm_mb: number | null;
  /** Of the whole picture, in float. */
  ms: number | null;
  error?: string;
}

/** Compares what both have: a network without padding gives ONNX Runtime less. */
function largestDifference(ours: FloatImage, theirs: FloatImage): number {
  const [channels, height, width] = theirs.shape;
  const [ourChannels, tall, wide] = ours.shape;
  const [top, left] = [(tall - height) / 2, (wide - width) / 2];
  if (channels !== ourChannels || top < 0 || left < 0) {
    throw new Error(`the result is ${ours.shape.join('x')}, not ${theirs.shape.join('x')}`);
  }
  let largest = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const our = ours.data[(c * tall + y + top) * wide + x + left] as number;
        const their = theirs.data[(c * height + y) * width + x] as number;
        // Not a number compares as equal to nothing, which must not pass for no difference.
        const difference = Math.abs(our - their);
        if (!(difference <= largest)) largest = difference;
        if (Number.isNaN(difference))
          throw new Error(`sample ${c},${y},${x}: ${our}, not ${their}`);
      }
    }
  }
  return largest;
}

function largestByteDifference(a: RawImage, b: RawImage): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`tiles give ${a.width}x${a.height}, the whole ${b.width}x${b.height}`);
  }
  return a.data.reduce(
    (most, byte, i) => Math.max(most, Math.abs(byte - (b.data[i] as number))),
    0,
  );
}

interface Closeness {
  psnr: number;
  shift: number;
}

/** PSNR of the colours, and the largest shift of a colour's mean. */
function compareColours(exact: RawImage, rounded: RawImage): Closeness {
  const pixels = exact.width * exact.height;
  let squares = 0;
  let shift = 0;
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let i = 0; i < pixels; i++) {
      const difference = (rounded.data[i * 4 + c] as number) - (exact.data[i * 4 + c] as number);
      sum += difference;
      squares += difference ** 2;
    }
    shift = Math.max(shift, Math.abs(sum / pixels));
  }
  return { psnr: 10 * Math.log10(255 ** 2 / (squares / (3 * pixels))), shift };
}

/** Larger than any network is run on in one piece by default. */
const LARGE = { width: 4096, height: 4096 };

/** Beside the picture in one piece. */
async function measureFreeTiles(row: Row, network: Network, upscaler: Upscaler): Promise<void> {
  const { sizeMultiple, smallest } = upscaler.model;
  const { overlap } = await upscaler.estimate(LARGE);
  // Small enough that the picture has several tiles in both directions.
  const tileSize = 2 * overlap + Math.max(sizeMultiple, smallest) + 12;
  const { height = 44, width = 52 } = network;
  const picture = makePicture(Math.max(width, tileSize + 21), Math.max(height, tileSize + 9), 3);
  const begun = performance.now();
  const whole = await upscaler.upscalePatch(picture);
  row.ms = performance.now() - begun;
  const tiled = await upscaler.upscale(picture, { output: 'raw', tileSize });
  row.seam_err = largestByteDifference(tiled, whole);
  const seams = await upscaler.measureSeams({ tileSize });
  if (!seams.exact) row.seam_announced = seams.max;
}

const crop = ({ data, width }: PixelSource, wide: number, tall: number): RawImage => {
  const cut = new Uint8ClampedArray(wide * tall * 4);
  for (let y = 0; y < tall; y++) {
    cut.set(data.subarray(y * width * 4, (y * width + wide) * 4), y * wide * 4);
  }
  return { data: cut, width: wide, height: tall };
};

/** Of a network that takes one size only: the first tile, beside that part of the picture alone. */
async function measureFixedTiles(row: Row, upscaler: Upscaler): Promise<void> {
  const { fixedWidth, fixedHeight, scale } = upscaler.model;
  const picture = makePicture(fixedWidth + 21, fixedHeight + 9, 3);
  const begun = performance.now();
  const corner = await upscaler.upscalePatch(crop(picture, fixedWidth, fixedHeight));
  row.ms = performance.now() - begun;
  const tiled = await upscaler.upscale(picture, { output: 'raw' });
  const { overlap } = await upscaler.estimate(LARGE);
  const kept = [(fixedWidth - overlap) * scale, (fixedHeight - overlap) * scale] as const;
  row.seam_err = largestByteDifference(crop(tiled, ...kept), crop(corner, ...kept));
  const seams = await upscaler.measureSeams();
  if (!seams.exact) row.seam_announced = seams.max;
}

async function measureTiles(row: Row, network: Network, upscaler: Upscaler): Promise<void> {
  row.wasm_mb = (await upscaler.estimate(LARGE)).perWorker / 1e6;
  if (upscaler.model.fixedWidth > 0) await measureFixedTiles(row, upscaler);
  else await measureFreeTiles(row, network, upscaler);
  row.tiled_equal = row.seam_err === 0;
}

async function withUpscaler<T>(
  files: NetworkFiles | Uint8Array,
  use: (upscaler: Upscaler) => Promise<T>,
  inputs?: Network['inputs'],
): Promise<T> {
  const upscaler = await openUpscaler({ model: files, inputs, workers: 1 });
  try {
    return await use(upscaler);
  } finally {
    await upscaler.dispose();
  }
}

async function measureQuantized(row: Row, file: Uint8Array): Promise<void> {
  const picture: PixelSource = makePicture(96, 80, 5);
  const quantized = await quantizeFile(file);
  const exact = await withUpscaler(file, (upscaler) => upscaler.upscalePatch(picture));
  const rounded = await withUpscaler(quantized, (upscaler) => upscaler.upscalePatch(picture));
  const { psnr, shift } = compareColours(exact, rounded);
  row.int8_psnr = psnr;
  row.int8_shift = shift;
}

/** Runs everything; what fails is in the row's `error`, and what was measured before it stays. */
export async function measure(
  core: CoreModule,
  network: Network,
  form: FormName,
  { int8 = true } = {},
): Promise<Row> {
  const row: Row = {
    ...{ name: network.name, form, float_max_err: null, tiled_equal: null, seam_err: null },
    ...{ int8_psnr: null, int8_shift: null, seam_announced: null, wasm_mb: null, ms: null },
  };
  try {
    const { channels = 3, height = 44, width = 52 } = network;
    const { inputs } = network;
    const files = writeNetworkFiles(network, form);
    const { model, externalData } = files;
    const image = toSamples(makePicture(width, height, 2), channels, network);
    const expected = await runReference(model, image, {
      externalData,
      inputs,
      nhwc: /keras|tf2onnx/.test(form),
      half: form.endsWith('half'),
    });
    const [low, high] = network.outputRange ?? [0, 1];
    const difference = largestDifference(
      runNetwork(core, model, image, { externalData, inputs }),
      expected,
    );
    row.float_max_err = (difference / (high - low)) * 255;
    await withUpscaler(files, (upscaler) => measureTiles(row, network, upscaler), inputs);
    if (int8 && network.int8) await measureQuantized(row, model);
  } catch (error) {
    row.error = error instanceof Error ? error.message : String(error);
  }
  return row;
}
