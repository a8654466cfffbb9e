import { checkInteger } from '../base/checks.js';
import { yieldToPage } from '../base/yield-to-page.js';
import { describe, TesseraError } from '../errors.js';
import { type FetchContext, fetchBytes } from '../load/fetch-bytes.js';
import type { ImageInput, PixelSource } from '../types.js';
import { contextOf, makeCanvas } from './canvas.js';

/** An image in memory that the run alone can change. */
export interface SourceImage {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
  /** Bytes per pixel: RGB or RGBA with straight alpha. */
  channels: 3 | 4;
}

/** How an image is to be read. */
export interface ReadContext extends FetchContext {
  transfer: boolean;
}

// What is done with an image at a time: a task of some ten milliseconds, and a canvas that no browser
// refuses.
const BAND_PIXELS = 1024 * 1024;
// Beyond this no host can hold the RGBA bytes in one buffer.
const MOST_PIXELS = 2 ** 29;

type Drawable = Exclude<ImageInput, string | URL | Blob | ImageData | PixelSource>;

/** The class name a value reports; unlike instanceof, it also holds for objects of other frames. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/**
 * Reads any accepted image into bytes, upright.
 *
 * @throws TypeError for what is no image, RangeError for an empty one.
 * @throws TesseraError `ERR_LOAD`, `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`.
 * @throws DOMException `SecurityError` for a tainted canvas.
 */
export async function readImage(image: ImageInput, context: ReadContext): Promise<SourceImage> {
  if (typeof image === 'string' || image instanceof URL) {
    const bytes = await fetchBytes(String(image), 'image', context);
    return decode(new Blob([bytes]), context.signal);
  }
  const tag = tagOf(image);
  if (tag === 'Blob' || tag === 'File') return decode(image as Blob, context.signal);
  if (tag === 'HTMLImageElement') return readElement(image as HTMLImageElement, context.signal);
  const size = drawableSize(image, tag);
  if (size === undefined) return readPixels(image as PixelSource, context.transfer);
  try {
    // In one task: it may show something else in the next.
    return finish(drawing(image as Drawable, size.width, size.height));
  } finally {
    if (context.transfer && 'close' in (image as object)) (image as ImageBitmap).close();
  }
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

async function readElement(
  image: HTMLImageElement,
  signal: AbortSignal | undefined,
): Promise<SourceImage> {
  const refuse = (what: string, cause?: unknown) =>
    new TesseraError('ERR_IMAGE_DECODE', `the image ${image.src} ${what}`, {
      ...(cause === undefined ? {} : { cause }),
      details: { url: image.src },
    });
  try {
    await image.decode();
  } catch (cause) {
    throw refuse('could not be loaded', cause);
  }
  const { currentSrc, naturalWidth, naturalHeight } = image;
  const source = await finishInTurns(drawing(image, naturalWidth, naturalHeight), signal);
  if (image.currentSrc !== currentSrc)
    throw refuse('took the place of another that was being read');
  return source;
}

async function decode(blob: Blob, signal: AbortSignal | undefined): Promise<SourceImage> {
  if (typeof createImageBitmap === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this host cannot decode images: decode first and pass {data, width, height}',
    );
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, {
      imageOrientation: 'from-image',
      premultiplyAlpha: 'none',
    });
  } catch (cause) {
    const type = blob.type === '' ? 'unknown type' : blob.type;
    throw new TesseraError(
      'ERR_IMAGE_DECODE',
      `not an image that can be decoded (${blob.size} bytes, ${type}): ${describe(cause)}`,
      { cause, details: { bytes: blob.size, type: blob.type } },
    );
  }
  try {
    signal?.throwIfAborted();
    return await finishInTurns(drawing(bitmap, bitmap.width, bitmap.height), signal);
  } finally {
    bitmap.close();
  }
}

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

/** Reads an image through a canvas, a band of rows at each step. */
function* drawing(
  image: Drawable,
  width: number,
  height: number,
): Generator<undefined, SourceImage> {
  checkImageSize(width, height);
  const rows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const canvas = makeCanvas(width, rows);
  const context = contextOf(canvas, { willReadFrequently: true });
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += rows) {
    const band = Math.min(rows, height - y);
    context.clearRect(0, 0, width, rows);
    context.drawImage(image, 0, y, width, band, 0, 0, width, band);
    data.set(context.getImageData(0, 0, width, band).data, y * width * 4);
    if (y + band < height) yield;
  }
  // Some browsers keep the pixels of a canvas until it is collected, unless it is empty.
  canvas.width = 0;
  return { data, width, height, channels: 4 };
}

function finish<T>(steps: Generator<undefined, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Each step in a task of its own. */
async function finishInTurns<T>(
  steps: Generator<undefined, T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  let step = steps.next();
  while (!step.done) {
    await yieldToPage();
    signal?.throwIfAborted();
    step = steps.next();
  }
  return step.value;
}

function readPixels(image: PixelSource, transfer: boolean): SourceImage {
  const data: unknown = image?.data;
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw new TypeError(
      'not an image: pass a URL, Blob, ImageData, ImageBitmap, image, video or canvas element, ' +
        'or {data, width, height} with RGBA or RGB bytes',
    );
  }
  const width = checkInteger('width', image.width, 0);
  const height = checkInteger('height', image.height, 0);
  checkImageSize(width, height);
  if (data.buffer.byteLength === 0) {
    throw new TypeError('the pixel buffer is detached: it was transferred elsewhere');
  }
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new RangeError(
      `${data.length} bytes are neither RGBA (${width * height * 4}) nor RGB ` +
        `(${width * height * 3}) for ${width}x${height} pixels`,
    );
  }
  return { data: transfer ? takeOver(data) : data.slice(), width, height, channels };
}

/** Moves the buffer here, so that the caller can no longer change it. */
function takeOver(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  const { buffer, byteOffset, length } = data;
  if (!(buffer instanceof ArrayBuffer)) return Uint8Array.from(data);
  return new Uint8Array(structuredClone(buffer, { transfer: [buffer] }), byteOffset, length);
}

// Of a whole pixel read as one little-endian number: with full alpha it is at least this.
const OPAQUE_BLACK = 0xff000000;

function* seekingTransparency({ data, channels }: SourceImage): Generator<undefined, boolean> {
  if (channels === 3) return false;
  // Views into a longer buffer may begin within a word.
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  const pixels = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  for (let i = 0; i < pixels.length; i++) {
    if ((pixels[i] as number) < OPAQUE_BLACK) return true;
    if (i % BAND_PIXELS === BAND_PIXELS - 1) yield;
  }
  return false;
}

/** Whether any pixel lets something through. */
export const hasTransparency = (image: SourceImage): Promise<boolean> =>
  finishInTurns(seekingTransparency(image));
