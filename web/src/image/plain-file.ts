/** Files of pictures in hosts that have no canvas, written by this library itself. */
import { TesseraError } from '../errors.js';
import type { RawImage } from '../types.js';
import type { Encoding } from './encode.js';
import { checkStream, fileChunks, type StreamType } from './file-stream.js';
import { hasTransparency } from './transparency.js';

const WRITTEN: readonly string[] = ['image/png', 'image/bmp'] satisfies StreamType[];

/**
 * Finds out before the run whether its result can be written.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` or `ERR_IMAGE_TOO_LARGE`.
 */
export function checkWriting({ type, background }: Encoding, width: number, height: number): void {
  if (!WRITTEN.includes(type) || background !== undefined) {
    const what = WRITTEN.includes(type) ? 'a background' : type;
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      `this host has no canvas, which ${what} needs: use type ${WRITTEN.join(' or ')} without a ` +
        "background, or output 'raw' and another library",
      { details: { type } },
    );
  }
  checkStream(type as StreamType, { width, height, opaque: false, colorSpace: 'srgb' });
}

/** Writes a picture, whose pixels are then gone. */
export async function writeFile(image: RawImage, type: StreamType): Promise<Blob> {
  const { data, width, height, colorSpace = 'srgb' } = image;
  const opaque = !(await hasTransparency({ data, width, height, channels: 4 }));
  async function* whole() {
    yield { data, height };
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of fileChunks(type, { width, height, opaque, colorSpace }, whole())) {
    parts.push(part);
  }
  return new Blob(parts, { type });
}
