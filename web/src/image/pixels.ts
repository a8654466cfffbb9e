/** Pixels that the caller has in memory. */
import { checkInteger, checkOneOf } from '../base/checks.js';
import { isByteArray, tagOf } from '../base/kind-of.js';
import type { PixelSource } from '../types.js';
import { COLOR_SPACES, checkImageSize, type SourceImage } from './source.js';

/**
 * Takes or copies the pixels.
 *
 * @throws TypeError or RangeError for what is no image.
 */
export function readPixels(image: PixelSource, transfer: boolean): SourceImage {
  const data: unknown = image?.data;
  const floats = tagOf(data) === 'Float16Array';
  if (!isByteArray(data) && !floats) {
    throw new TypeError(
      'not an image: pass a URL, Blob, ImageData, ImageBitmap, image, video or canvas element, ' +
        'or {data, width, height} with RGBA or RGB bytes',
    );
  }
  const values = data as Uint8Array | Uint8ClampedArray;
  const width = checkInteger('width', image.width, 0);
  const height = checkInteger('height', image.height, 0);
  const colorSpace = checkOneOf('colorSpace', image.colorSpace ?? 'srgb', COLOR_SPACES);
  checkImageSize(width, height);
  if (values.buffer.byteLength === 0) {
    throw new TypeError('the pixel buffer is detached: it was transferred elsewhere');
  }
  const channels = values.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new RangeError(
      `${values.length} ${floats ? 'values' : 'bytes'} are neither RGBA (${width * height * 4}) ` +
        `nor RGB (${width * height * 3}) for ${width}x${height} pixels`,
    );
  }
  const bytes = floats ? toBytes(values) : transfer ? takeOver(values) : new Uint8Array(values);
  return { data: bytes, width, height, channels, colorSpace };
}

/** Rounds what an ImageData of pixel format `rgba-float16` holds: 0 to 1, or beyond. */
function toBytes(values: ArrayLike<number>): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 255 * (values[i] as number);
  return bytes;
}

/** Moves the buffer here, so that the caller can no longer change it. */
function takeOver(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  const { buffer, byteOffset, length } = data;
  // Shared memory cannot be moved, and browsers before 2022 have no way to do it at once.
  if (tagOf(buffer) !== 'ArrayBuffer' || typeof structuredClone === 'undefined') {
    return new Uint8Array(data);
  }
  const own = structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] });
  return new Uint8Array(own, byteOffset, length);
}
