/** Enlarges a picture by interpolation apart from the page, band by band. */
import { type KernelName, type Part, type Pixels, resamplePart } from './resample.js';

/** What the worker is asked for. */
export interface ResampleRequest {
  kernel: KernelName;
  source: Pixels;
  width: number;
  height: number;
}

/** Whole rows of the result. */
export interface ResampledBand {
  y: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

const BAND_ROWS = 128;

// The DOM types describe a page; this is the part of a worker's scope that is used.
const scope = globalThis as unknown as {
  postMessage(band: ResampledBand, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ResampleRequest>) => void): void;
};

scope.addEventListener('message', ({ data: { kernel, source, width, height } }) => {
  const size = { width, height };
  const rowsOf = (part: Part): Pixels => ({
    ...part,
    data: source.data.subarray(4 * part.y * part.width, 4 * (part.y + part.height) * part.width),
  });
  for (let y = 0; y < height; y += BAND_ROWS) {
    const band = { x: 0, y, width, height: Math.min(BAND_ROWS, height - y) };
    const data = resamplePart(kernel, source, size, band, rowsOf);
    scope.postMessage({ y, height: band.height, data }, [data.buffer]);
  }
});
