import { TesseraError } from '../errors.js';
import type { FetchContext } from '../load/fetch-bytes.js';
import type { ColorSpace } from '../types.js';

/** The meanings of numbers that there are. */
export const COLOR_SPACES = ['srgb', 'display-p3'] as const;

/** How an image is to be read. */
export interface ReadContext extends FetchContext {
  transfer: boolean;
  /** Decodes a file where it keeps nobody waiting; fails where that cannot be. */
  decodeElsewhere?(file: Blob): Promise<SourceImage>;
}

/** An image in memory that the run alone can change. */
export interface SourceImage {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
  /** Bytes per pixel: RGB or RGBA with straight alpha. */
  channels: 3 | 4;
  /** What the numbers mean; default `srgb`. */
  colorSpace?: ColorSpace | undefined;
}

// Beyond this no host can hold the RGBA bytes in one buffer.
const MOST_PIXELS = 2 ** 29;

/** Checks extents before anything of their size is allocated. */
export function checkImageSize(width: number, height: number): void {
  if (width === 0 || height === 0) {
    throw new RangeError(`the image has no pixels (${width}x${height})`);
  }
  if (width * height > MOST_PIXELS) {
    throw new TesseraError(
      'ERR_IMAGE_TOO_LARGE',
      `${width}x${height} pixels are more than the ${MOST_PIXELS} that can be read`,
      { details: { width, height, limit: MOST_PIXELS } },
    );
  }
}

/**
 * Room for RGBA pixels.
 *
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
export function allocatePixels(
  what: string,
  width: number,
  height: number,
  advice = '',
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = width * height * 4;
  try {
    return new Uint8ClampedArray(bytes);
  } catch (cause) {
    throw new TesseraError(
      'ERR_OUT_OF_MEMORY',
      `${what} of ${width}x${height} pixels needs ${bytes} bytes, which are not to be had${advice}`,
      { cause, details: { bytes } },
    );
  }
}
