/** What a network is calibrated on without being told: parts of pictures, and pictures made by rule. Pure functions. */
import { SpareBuffers } from '../base/buffers.js';
import { seededRandom } from '../base/random.js';
import type { SourceImage } from '../image/source.js';
import { cutTile } from '../tiling/tile-pixels.js';
import type { ModelInfo, RawImage } from '../types.js';
import { leafPicture } from './leaves.js';

/** Every fourth one is kept back by the quantizer, to judge by. */
export const PATCHES = 8;
// Edges in input pixels. Smaller ones would be mostly the border of what the network sees.
const SMALLEST = 32;
const LARGEST = 64;
// Multiplications of one patch: with the passes that quantizing takes, some seconds on one core.
const MOST_MULTIPLICATIONS = 1.5e9;

/** The part of {@link ModelInfo} that says which extents a network takes, and what they cost. */
export type PatchModel = Pick<
  ModelInfo,
  'sizeMultiple' | 'smallest' | 'fixedWidth' | 'fixedHeight' | 'multiplicationsPerPixel'
>;

// How often a patch runs through the network while it is quantized, on average.
const RUNS_OF_PATCH = 4;

/** Input pixels that run through a network while it is quantized. */
export function quantizingPixels(model: PatchModel): number {
  const { width, height } = patchSize(model);
  return PATCHES * RUNS_OF_PATCH * width * height;
}

/** The extents of a patch: as large as a few seconds allow. */
export function patchSize(model: PatchModel): { width: number; height: number } {
  const { sizeMultiple, smallest, fixedWidth, fixedHeight } = model;
  const affordable = Math.sqrt(MOST_MULTIPLICATIONS / Math.max(1, model.multiplicationsPerPixel));
  const wanted = Math.max(smallest, SMALLEST, Math.min(LARGEST, affordable));
  const edge = sizeMultiple * Math.ceil(Math.floor(wanted) / sizeMultiple);
  return { width: fixedWidth || edge, height: fixedHeight || edge };
}

/**
 * Parts of pictures at random places, the same ones whenever the pictures are the same. Edges are repeated where a picture is
 * smaller.
 */
export function cutParts(
  model: PatchModel,
  pictures: readonly SourceImage[],
  count: number,
): RawImage[] {
  const { width, height } = patchSize(model);
  const random = seededRandom(1);
  const spares = new SpareBuffers();
  return Array.from({ length: count }, (_, i) => {
    const picture = pictures[i % pictures.length] as SourceImage;
    const place = (extent: number, part: number) =>
      Math.floor(random() * Math.max(1, extent - part + 1));
    const [x, y] = [place(picture.width, width), place(picture.height, height)];
    const tile = cutTile(picture, x, y, width, height, spares);
    return { data: new Uint8ClampedArray(tile), width, height };
  });
}

/** Pictures made by rule, the same ones every time; each is some milliseconds of work. */
export function* makePictures(model: PatchModel, count: number): Generator<undefined, RawImage[]> {
  const { width, height } = patchSize(model);
  const random = seededRandom(2);
  const made: RawImage[] = [];
  while (made.length < count) {
    made.push(leafPicture(width, height, random));
    yield;
  }
  return made;
}
