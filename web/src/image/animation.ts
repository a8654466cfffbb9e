/** Files that hold several pictures. */
import { raceAbort } from '../base/abort.js';
import { describe, TesseraError } from '../errors.js';
import { fileKind, HEAD_BYTES } from './file-kind.js';

/** One picture of an animation. */
export interface AnimationFrame {
  image: VideoFrame;
  /** Milliseconds for which it is shown; 0 where the file says nothing. */
  duration: number;
  index: number;
  count: number;
}

/**
 * Decodes the pictures of a file, in order. Each is closed when the next is asked for.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` where the browser has no `ImageDecoder`, or none for such files;
 * `ERR_IMAGE_DECODE`.
 */
export async function* decodeFrames(
  file: Blob,
  signal: AbortSignal,
): AsyncGenerator<AnimationFrame, void, undefined> {
  if (typeof ImageDecoder === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this host has no ImageDecoder, which the pictures of an animation are decoded by: upscale() takes ' +
        'the first, or decode them yourself and pass each',
    );
  }
  const data = new Uint8Array(await raceAbort(file.arrayBuffer(), signal));
  const decoder = await openDecoder(data, file.type);
  try {
    const known = Promise.all([decoder.tracks.ready, decoder.completed]);
    await raceAbort(attempt(known), signal);
    const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
    if (count === 0) throw damaged(undefined);
    for (let index = 0; index < count; index++) {
      const decoded = attempt(decoder.decode({ frameIndex: index }));
      const { image } = await raceAbort(decoded, signal);
      try {
        yield { image, duration: (image.duration ?? 0) / 1000, index, count };
      } finally {
        image.close();
      }
    }
  } finally {
    decoder.close();
  }
}

async function openDecoder(data: Uint8Array<ArrayBuffer>, given: string): Promise<ImageDecoder> {
  const kind = fileKind(data.subarray(0, HEAD_BYTES));
  const type = kind?.type ?? given;
  if (type !== '' && (await ImageDecoder.isTypeSupported(type))) {
    return new ImageDecoder({ data, type, preferAnimation: true });
  }
  const what = kind?.name ?? 'of no kind that is known';
  throw new TesseraError(
    'ERR_UNSUPPORTED',
    `this browser decodes no pictures one by one from such a file, which is ${what}: pass a GIF, APNG, ` +
      'or animated WebP or AVIF',
    { details: { bytes: data.length, type } },
  );
}

async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause: unknown): TesseraError {
  const why = cause === undefined ? 'it holds no picture' : describe(cause);
  return new TesseraError(
    'ERR_IMAGE_DECODE',
    `the animation cannot be decoded (${why}): it is damaged or cut short`,
    { cause },
  );
}
