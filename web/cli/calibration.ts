/** The images a network is calibrated on: random parts of the pictures in a folder, or pictures made by rule. */
import { seededRandom } from '../src/base/random.js';
import type { SourceImage } from '../src/image/source.js';
import { type RawImage, TesseraError } from '../src/index.js';
import { leafPicture } from '../src/quantize/leaves.js';
import type { Core } from './core.js';
import { cropToRgba, listImages, readImageFile } from './images.js';

export interface CropChoice {
  /** How many. */
  crops: number;
  /** The edge of each, in pixels. */
  size: number;
  /** Pictures with a longer side are reduced to it first. */
  longest: number;
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

/** Networks are fed what others have reduced; a photo straight from a camera is softer than that. */
function reduceLarge(core: Core, image: SourceImage, longest: number): SourceImage {
  const factor = longest / Math.max(image.width, image.height);
  if (factor >= 1) return image;
  const extent = (n: number) => Math.max(1, Math.round(n * factor));
  const whole = cropToRgba(image, 0, 0, image.width, image.height);
  const reduced = core.resize(whole, extent(image.width), extent(image.height));
  return { ...reduced, channels: 4 };
}

/**
 * Cuts random squares out of a folder's pictures, the same ones in every run. All pictures take
 * part when there are at least as many squares.
 *
 * @throws TesseraError `ERR_LOAD` when there is no picture, or none that is large enough.
 */
export async function randomCrops(
  core: Core,
  folder: string,
  { crops, size, longest }: CropChoice,
  signal: AbortSignal,
): Promise<RawImage[]> {
  const random = seededRandom(1);
  const paths = await listImages(folder, { recursive: true });
  shuffle(paths, random);
  const perPicture = Math.ceil(crops / paths.length);
  const result: RawImage[] = [];
  for (const path of paths) {
    if (result.length >= crops) break;
    signal.throwIfAborted();
    const image = reduceLarge(core, await readImageFile(path), longest);
    if (image.width < size || image.height < size) continue;
    for (let i = 0; i < perPicture && result.length < crops; i++) {
      const left = Math.floor(random() * (image.width - size + 1));
      const top = Math.floor(random() * (image.height - size + 1));
      result.push(cropToRgba(image, left, top, size, size));
    }
  }
  if (result.length > 0) return result;
  throw new TesseraError(
    'ERR_LOAD',
    `no image in ${folder} is as large as a crop of ${size}x${size} pixels: ` +
      'use larger images, or --crop-size',
  );
}

/** Pictures made by rule, the same ones in every run. */
export function madePictures({ crops, size }: CropChoice): RawImage[] {
  const random = seededRandom(2);
  return Array.from({ length: crops }, () => leafPicture(size, size, random));
}
