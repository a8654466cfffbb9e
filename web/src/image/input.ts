/** Any accepted image, read into bytes. */
import { throwIfAborted } from '../base/abort.js';
import { isBlob, isUrl, tagOf } from '../base/kind-of.js';
import { TesseraError } from '../errors.js';
import { fetchBytes } from '../load/fetch-bytes.js';
import type { ImageInput, PixelSource } from '../types.js';
import { readBlob } from './blob.js';
import { type Drawable, readNow } from './drawable.js';
import { readAddressAsElement, readElement } from './element.js';
import { readPixels } from './pixels.js';
import type { ReadContext, SourceImage } from './source.js';

/**
 * Reads any accepted image into bytes, upright.
 *
 * @throws TypeError for what is no image, RangeError for an empty one.
 * @throws TesseraError `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`,
 * `ERR_UNSUPPORTED`.
 * @throws DOMException `SecurityError` for a tainted canvas.
 */
export async function readImage(image: ImageInput, context: ReadContext): Promise<SourceImage> {
  if (typeof image === 'string' || isUrl(image)) return readAddress(String(image), context);
  if (isBlob(image)) return decodeFile(image, context);
  const tag = tagOf(image);
  if (tag === 'HTMLImageElement') return readElement(image as HTMLImageElement, context);
  const size = drawableSize(image, tag);
  if (size === undefined) return readPixels(image as PixelSource, context.transfer);
  try {
    return await readNow(image as Drawable, size.width, size.height);
  } finally {
    if (context.transfer && 'close' in (image as object)) (image as ImageBitmap).close();
  }
}

/**
 * The bytes of a file.
 *
 * @throws TypeError for what is no file; TesseraError `ERR_LOAD`, `ERR_TIMEOUT`.
 */
export async function readFile(
  file: string | URL | Blob,
  context: Omit<ReadContext, 'transfer'>,
): Promise<Blob> {
  if (isBlob(file)) return file;
  if (typeof file === 'string' || isUrl(file)) {
    return new Blob([await fetchBytes(String(file), 'image', context)]);
  }
  throw new TypeError('frames are of a file: pass a URL, a Blob or a File');
}

async function readAddress(url: string, context: ReadContext): Promise<SourceImage> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await fetchBytes(url, 'image', context);
  } catch (error) {
    // A content security policy may let images come from there, though nothing else.
    const refused = error instanceof TesseraError && error.code === 'ERR_LOAD';
    if (!refused || !url.startsWith('blob:') || typeof document === 'undefined') throw error;
    return readAddressAsElement(url, context).catch((second) => {
      throw second instanceof TesseraError && second.code === 'ERR_IMAGE_DECODE' ? error : second;
    });
  }
  return decodeFile(new Blob([bytes]), context);
}

// Browsers convert the pixels of what they have decoded in one task. A photo of many megapixels has more
// bytes than this even where it shows nothing; of others that task is short.
const LEAST_BYTES_ELSEWHERE = 64 * 1024;

async function decodeFile(file: Blob, context: ReadContext): Promise<SourceImage> {
  if (context.decodeElsewhere !== undefined && file.size >= LEAST_BYTES_ELSEWHERE) {
    try {
      return await context.decodeElsewhere(file);
    } catch {
      throwIfAborted(context.signal);
      // Drawings need a page, and what is no picture is told here.
    }
  }
  return readBlob(file, context);
}

function drawableSize(image: unknown, tag: string): { width: number; height: number } | undefined {
  switch (tag) {
    case 'HTMLVideoElement': {
      const { videoWidth: width, videoHeight: height } = image as HTMLVideoElement;
      return { width, height };
    }
    case 'VideoFrame': {
      const { displayWidth: width, displayHeight: height } = image as VideoFrame;
      return { width, height };
    }
    case 'ImageBitmap':
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas': {
      const { width, height } = image as ImageBitmap;
      return { width, height };
    }
    default:
      return undefined;
  }
}
