/** Image elements of the page. */
import { raceAbort, throwIfAborted } from '../base/abort.js';
import { shortAddress } from '../base/address.js';
import { StallTimer } from '../base/stall.js';
import { TesseraError } from '../errors.js';
import { readInTurns, readNow } from './drawable.js';
import type { ReadContext, SourceImage } from './source.js';

/**
 * Reads the picture that an element shows, upright and with all pixels of its file, however the
 * page shows it. An element that waits to be scrolled to is loaded now.
 *
 * @throws TesseraError `ERR_IMAGE_DECODE`; `ERR_TIMEOUT` when it does not load in time.
 */
export async function readElement(
  image: HTMLImageElement,
  context: ReadContext,
): Promise<SourceImage> {
  // What is there already is taken in this task: the page may show another picture in the next.
  if (!image.complete) await loading(image, context);
  throwIfAborted(context.signal);
  refuseNothing(image);
  const bitmap = await bitmapOf(image);
  // A drawing without a size of its own has no bitmap.
  if (bitmap === undefined) return readNow(image, image.naturalWidth, image.naturalHeight);
  try {
    throwIfAborted(context.signal);
    return await readInTurns(bitmap, bitmap.width, bitmap.height, context.signal);
  } finally {
    bitmap.close();
  }
}

/** Reads what an image element loads from an address. */
export function readAddressAsElement(address: string, context: ReadContext): Promise<SourceImage> {
  const image = new Image();
  image.src = address;
  return readElement(image, context);
}

/**
 * The pixels of the file: `drawImage` would take the size at which the page shows a picture of high
 * density, and in some browsers its `image-orientation` too.
 */
async function bitmapOf(image: HTMLImageElement): Promise<ImageBitmap | undefined> {
  const options: ImageBitmapOptions = { premultiplyAlpha: 'none' };
  try {
    return await createImageBitmap(image, { ...options, imageOrientation: 'from-image' });
  } catch (cause) {
    if (!(cause instanceof TypeError)) return undefined;
    return createImageBitmap(image, options).catch(() => undefined);
  }
}

// Not by decode(), which waits for frames that a hidden page never has.
async function loading(image: HTMLImageElement, context: ReadContext): Promise<void> {
  if (image.loading === 'lazy') image.loading = 'eager';
  if (!image.complete) await raceAbort(settled(image, context.timeout), context.signal);
}

/** @throws TesseraError `ERR_IMAGE_DECODE` when there is no picture. */
function refuseNothing(image: HTMLImageElement): void {
  if (image.complete && image.naturalWidth > 0) return;
  if (image.currentSrc === '' && image.src === '') {
    throw new TesseraError('ERR_IMAGE_DECODE', 'the image element has no picture: it has no src');
  }
  throw failure('ERR_IMAGE_DECODE', image, 'could not be loaded or is no picture');
}

/** Settles when the picture is there, or will not come. */
async function settled(image: HTMLImageElement, timeout: number): Promise<void> {
  let stop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = new StallTimer(timeout, () =>
        reject(failure('ERR_TIMEOUT', image, `was not loaded within ${timeout} ms`)),
      );
      const done = () => resolve();
      image.addEventListener('load', done);
      image.addEventListener('error', done);
      stop = () => {
        timer.stop();
        image.removeEventListener('load', done);
        image.removeEventListener('error', done);
      };
    });
  } finally {
    stop();
  }
}

function failure(
  code: 'ERR_IMAGE_DECODE' | 'ERR_TIMEOUT',
  image: HTMLImageElement,
  what: string,
): TesseraError {
  const url = shortAddress(image.currentSrc || image.src);
  return new TesseraError(code, `the image ${url} ${what}`, { details: { url } });
}
