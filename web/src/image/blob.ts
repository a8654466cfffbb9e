/** Pictures in files. */
import { throwIfAborted } from '../base/abort.js';
import { describe, TesseraError } from '../errors.js';
import { readInTurns } from './drawable.js';
import { readAddressAsElement } from './element.js';
import { fileKind, HEAD_BYTES, SVG } from './file-kind.js';
import type { ReadContext, SourceImage } from './source.js';

/**
 * Decodes a file of a picture, upright.
 *
 * @throws TesseraError `ERR_UNSUPPORTED`, or `ERR_IMAGE_DECODE` that says what the file is.
 */
export async function readBlob(blob: Blob, context: ReadContext): Promise<SourceImage> {
  if (typeof createImageBitmap === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this host cannot decode images: decode first and pass {data, width, height}',
    );
  }
  const bitmap = await decode(blob).catch((cause: unknown) => {
    throwIfAborted(context.signal);
    return { cause };
  });
  if ('cause' in bitmap) return readOtherwise(blob, context, bitmap.cause);
  return readBitmap(bitmap, context.signal);
}

/**
 * Decodes what browsers decode without a page, and says little about what they do not.
 *
 * @throws TesseraError `ERR_IMAGE_DECODE`.
 */
export async function readBlobAnywhere(blob: Blob, signal: AbortSignal): Promise<SourceImage> {
  const bitmap = await decode(blob).catch((cause: unknown) => {
    throw new TesseraError('ERR_IMAGE_DECODE', describe(cause), { cause });
  });
  return readBitmap(bitmap, signal);
}

async function readBitmap(
  bitmap: ImageBitmap,
  signal: AbortSignal | undefined,
): Promise<SourceImage> {
  try {
    throwIfAborted(signal);
    return await readInTurns(bitmap, bitmap.width, bitmap.height, signal);
  } finally {
    bitmap.close();
  }
}

async function decode(blob: Blob): Promise<ImageBitmap> {
  const options: ImageBitmapOptions = { premultiplyAlpha: 'none' };
  try {
    return await createImageBitmap(blob, { ...options, imageOrientation: 'from-image' });
  } catch (cause) {
    // Chrome before 112 does not know that word; it turns pictures upright without it.
    if (cause instanceof TypeError) return createImageBitmap(blob, options);
    throw cause;
  }
}

/** Drawings are decoded by image elements alone; all else is an error that names the file. */
async function readOtherwise(
  blob: Blob,
  context: ReadContext,
  cause: unknown,
): Promise<SourceImage> {
  const kind = fileKind(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
  if (kind === SVG && typeof document !== 'undefined') {
    const address = URL.createObjectURL(new Blob([blob], { type: 'image/svg+xml' }));
    try {
      return await readAddressAsElement(address, context);
    } finally {
      URL.revokeObjectURL(address);
    }
  }
  const about = `${blob.size} bytes, ${blob.type === '' ? 'unknown type' : blob.type}`;
  const message =
    kind === undefined
      ? `not a picture that this browser can decode (${about}): ${describe(cause)}`
      : kind.sort === 'other'
        ? `not a picture but ${kind.name} (${about}): ${kind.advice}`
        : `this browser cannot decode the file, which is ${kind.name} (${about}): ${kind.advice}`;
  throw new TesseraError('ERR_IMAGE_DECODE', message, {
    cause,
    details: { bytes: blob.size, type: blob.type, ...(kind && { kind: kind.name }) },
  });
}
