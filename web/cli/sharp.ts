import { TesseraError } from '../src/index.js';

type Sharp = typeof import('sharp')['default'];

/** Loads the image library, which is not a dependency of those who only use the browser part. */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      "the command line reads and writes images with 'sharp', which is not installed: " +
        'npm install sharp',
      { cause },
    );
  }
}
