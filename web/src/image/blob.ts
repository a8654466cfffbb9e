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
  let bitmap: ImageBitmap;
  try {
    bitmap = await decode(blob);
  } catch (cause) {
    throwIfAborted(context.signal);
    return readOtherwise(blob, context, cause);
  }
  try {
    throwIfAborted(context.signal);
    return await readInTurns(bitmap, bitmap.width, bitmap.height, context.signal);
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
