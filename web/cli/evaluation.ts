/** Measures a model: reduces pictures, enlarges them again, and compares with what they were. */
import { basename } from 'node:path';
import type { SourceImage } from '../src/image/source.js';
import type { RawImage, Upscaler } from '../src/index.js';
import type { Core } from './core.js';
import { degradeForWeb } from './degrade.js';
import { gmsd } from './gmsd.js';
import { cropToRgba, readImageFile } from './images.js';
import { channelError, type Difference, difference, type PerChannel, psnrRgb } from './metrics.js';

/** How like the original a result is, without a border as wide as the scale. */
export interface Scores {
  psnr_y: number;
  ssim_y: number;
  /** 0 is best. */
  gmsd: number;
  /** Of the result, reduced again, against the small picture. */
  lr_psnr: number;
  /** Result minus original, in grey levels. */
  channel_error: PerChannel;
}

/** What another model makes of the same pictures. */
export interface ReferenceScores extends Scores {
  /** PSNR between the two models' results, in all colours. */
  psnr_between: number;
}

/** Everything measured of one picture, or the averages over several. */
export interface Measurement extends Scores {
  bicubic: Scores;
  /** Small tiles against one tile. The greatest over pictures, not an average, is `max`. */
  seams?: Difference;
  reference?: ReferenceScores;
}

export interface ImageMeasurement extends Measurement {
  image: string;
}

/** What measures, and what is measured besides the usual. */
export interface EvaluationSetup {
  core: Core;
  upscaler: Upscaler;
  /** A model of the same scale to compare with. */
  reference?: Upscaler | undefined;
  /** Whether to look for seams, which costs two more runs. */
  seams?: boolean | undefined;
  /** Damages the small pictures, by this seed. */
  webSeed?: number | undefined;
  signal?: AbortSignal | undefined;
}

// What is kept of a small tile, about; seams then lie on every picture.
const SMALL_TILE = 32;

/** RGBA bytes of the largest part, from the top left corner, whose extents are multiples. */
export function cropToMultiple(image: SourceImage, multiple: number): RawImage {
  const width = image.width - (image.width % multiple);
  const height = image.height - (image.height % multiple);
  return cropToRgba(image, 0, 0, width, height);
}

function score(core: Core, original: RawImage, small: RawImage, result: RawImage): Scores {
  const scale = original.width / small.width;
  const { psnrY, ssimY } = core.compare(original, result, scale);
  return {
    psnr_y: psnrY,
    ssim_y: ssimY,
    gmsd: gmsd(original, result, scale),
    lr_psnr: psnrRgb(core.resize(result, small.width, small.height), small),
    channel_error: channelError(result, original, scale),
  };
}

/** An image whose tiles are as those of any large one, for asking how far they overlap. */
const LARGE = { width: 2048, height: 2048 };

/** Many small tiles, overlapping as tiles do by default, against one. */
async function measureSeams(upscaler: Upscaler, small: RawImage): Promise<Difference> {
  const { overlap } = await upscaler.estimate(LARGE);
  const { sizeMultiple, smallest } = upscaler.model;
  const least = Math.max(2 * overlap + Math.max(SMALL_TILE, sizeMultiple), smallest);
  const tileSize = Math.ceil(least / sizeMultiple) * sizeMultiple;
  const tiled = await upscaler.upscale(small, { output: 'raw', tileSize, overlap });
  return difference(tiled, await upscaler.upscalePatch(small));
}

/** Measures on one picture. */
export async function evaluateImage(
  setup: EvaluationSetup,
  path: string,
): Promise<ImageMeasurement> {
  const { core, upscaler, reference, webSeed, signal } = setup;
  const { scale } = upscaler.model;
  const image = basename(path);
  const original = cropToMultiple(await readImageFile(path), scale);
  const { width, height } = original;
  const small =
    webSeed === undefined
      ? core.resize(original, width / scale, height / scale)
      : await degradeForWeb(core, original, scale, image, webSeed);
  const enlarge = (by: Upscaler) => by.upscale(small, { output: 'raw', signal });
  const result = await enlarge(upscaler);
  const measured: ImageMeasurement = {
    image,
    ...score(core, original, small, result),
    bicubic: score(core, original, small, core.resize(small, width, height)),
  };
  if (setup.seams) measured.seams = await measureSeams(upscaler, small);
  if (reference !== undefined) {
    const other = await enlarge(reference);
    const psnr_between = psnrRgb(result, other);
    measured.reference = { psnr_between, ...score(core, original, small, other) };
  }
  return measured;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanScores(scores: readonly Scores[]): Scores {
  const channel = (index: 0 | 1 | 2) => mean(scores.map((each) => each.channel_error[index]));
  return {
    psnr_y: mean(scores.map((each) => each.psnr_y)),
    ssim_y: mean(scores.map((each) => each.ssim_y)),
    gmsd: mean(scores.map((each) => each.gmsd)),
    lr_psnr: mean(scores.map((each) => each.lr_psnr)),
    channel_error: [channel(0), channel(1), channel(2)],
  };
}

/** Averages over pictures; of seams, `max` is the greatest of all. */
export function averageOf(images: readonly Measurement[]): Measurement {
  const averages: Measurement = {
    ...meanScores(images),
    bicubic: meanScores(images.map(({ bicubic }) => bicubic)),
  };
  const seams = images.flatMap((image) => image.seams ?? []);
  if (seams.length > 0) {
    averages.seams = {
      max: Math.max(...seams.map(({ max }) => max)),
      mean: mean(seams.map((each) => each.mean)),
    };
  }
  const references = images.flatMap((image) => image.reference ?? []);
  if (references.length > 0) {
    averages.reference = {
      psnr_between: mean(references.map(({ psnr_between }) => psnr_between)),
      ...meanScores(references),
    };
  }
  return averages;
}

/**
 * Measures on several pictures, one after the other.
 *
 * @param onprogress - gets how many are done
 */
export async function evaluateImages(
  setup: EvaluationSetup,
  paths: readonly string[],
  onprogress: (done: number) => void = () => {},
): Promise<ImageMeasurement[]> {
  const images: ImageMeasurement[] = [];
  for (const path of paths) {
    setup.signal?.throwIfAborted();
    images.push(await evaluateImage(setup, path));
    onprogress(images.length);
  }
  return images;
}
