import { TesseraError } from '../errors.js';
import type {
  AnyCanvas,
  OutputKind,
  OutputTypes,
  RawImage,
  TileResult,
  UpscaleOptions,
} from '../types.js';
import { contextOf, makeCanvas, makePageCanvas } from './canvas.js';

/** Puts tiles together. */
export interface TileSink<T> {
  write(tile: TileResult): void;
  finish(): T | Promise<T>;
}

// The longest byte buffer, and the largest canvas, that all current browsers can make.
const MOST_BYTES = 2 ** 31 - 1;
const MOST_CANVAS_EDGE = 32_767;
const MOST_CANVAS_PIXELS = 2 ** 28;

function tooLarge(width: number, height: number, what: string, limit: number): TesseraError {
  return new TesseraError(
    'ERR_IMAGE_TOO_LARGE',
    `the result would have ${width}x${height} pixels, beyond the limit of ${limit} ${what}; ` +
      'use tiles() to receive it in pieces',
    { details: { width, height, limit } },
  );
}

/** @throws TesseraError `ERR_IMAGE_TOO_LARGE`, before anything is allocated. */
export function checkOutputSize(width: number, height: number, kind: OutputKind): void {
  if (width * height * 4 > MOST_BYTES) throw tooLarge(width, height, 'bytes', MOST_BYTES);
  if (kind === 'raw' || kind === 'imagedata') return;
  if (Math.max(width, height) > MOST_CANVAS_EDGE) {
    throw tooLarge(width, height, 'pixels along an edge of a canvas', MOST_CANVAS_EDGE);
  }
  if (width * height > MOST_CANVAS_PIXELS) {
    throw tooLarge(width, height, 'pixels of a canvas', MOST_CANVAS_PIXELS);
  }
}

function allocatePixels(width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
  const bytes = width * height * 4;
  try {
    return new Uint8ClampedArray(bytes);
  } catch (cause) {
    throw new TesseraError(
      'ERR_OUT_OF_MEMORY',
      `the result of ${width}x${height} pixels needs ${bytes} bytes, which are not to be had; ` +
        'use tiles() to receive it in pieces',
      { cause, details: { bytes } },
    );
  }
}

/** Collects tiles in one RGBA buffer. */
export class PixelSink implements TileSink<RawImage> {
  readonly #image: RawImage;

  constructor(width: number, height: number) {
    this.#image = { data: allocatePixels(width, height), width, height };
  }

  write(tile: TileResult): void {
    const rowBytes = tile.width * 4;
    for (let row = 0; row < tile.height; row++) {
      const pixels = tile.data.subarray(row * rowBytes, (row + 1) * rowBytes);
      this.#image.data.set(pixels, ((tile.y + row) * this.#image.width + tile.x) * 4);
    }
  }

  finish(): RawImage {
    return this.#image;
  }
}

/** Draws tiles on a canvas as they come. */
export class CanvasSink implements TileSink<AnyCanvas> {
  readonly #canvas: AnyCanvas;
  readonly #context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

  constructor(width: number, height: number, canvas: AnyCanvas) {
    this.#canvas = canvas;
    canvas.width = width;
    canvas.height = height;
    this.#context = contextOf(canvas);
  }

  write(tile: TileResult): void {
    this.#context.putImageData(new ImageData(tile.data, tile.width, tile.height), tile.x, tile.y);
  }

  finish(): AnyCanvas {
    return this.#canvas;
  }
}

/** Changes what a sink gives at the end. */
function mapSink<A, B>(sink: TileSink<A>, map: (value: A) => B | Promise<B>): TileSink<B> {
  return {
    write: (tile) => sink.write(tile),
    finish: async () => map(await sink.finish()),
  };
}

async function encode(canvas: AnyCanvas, type: string, quality?: number): Promise<Blob> {
  const options = { type, ...(quality === undefined ? {} : { quality }) };
  const blob =
    'convertToBlob' in canvas
      ? await canvas.convertToBlob(options)
      : await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob === null) {
    throw new TesseraError('ERR_INTERNAL', `the browser could not encode the result as ${type}`);
  }
  // Browsers quietly fall back to PNG.
  if (blob.type !== type) {
    throw new TesseraError('ERR_UNSUPPORTED', `this browser cannot write ${type}`, {
      details: { type, wrote: blob.type },
    });
  }
  return blob;
}

type SinkMakers = {
  [K in OutputKind]: (
    width: number,
    height: number,
    options: UpscaleOptions,
  ) => TileSink<OutputTypes[K]>;
};

const SINKS: SinkMakers = {
  raw: (width, height) => new PixelSink(width, height),
  imagedata: (width, height) =>
    mapSink(new PixelSink(width, height), ({ data }) => new ImageData(data, width, height)),
  // Not through a canvas, which would lose colour where it is nearly transparent.
  imagebitmap: (width, height) =>
    mapSink(new PixelSink(width, height), ({ data }) =>
      createImageBitmap(new ImageData(data, width, height), { premultiplyAlpha: 'none' }),
    ),
  canvas: (width, height, { canvas }) =>
    new CanvasSink(width, height, canvas ?? makePageCanvas(width, height)),
  blob: (width, height, { type = 'image/png', quality }) =>
    mapSink(new CanvasSink(width, height, makeCanvas(width, height)), (canvas) =>
      encode(canvas, type, quality),
    ),
};

/** The sink of an output form. */
export function makeSink<K extends OutputKind>(
  kind: K,
  width: number,
  height: number,
  options: UpscaleOptions,
): TileSink<OutputTypes[K]> {
  checkOutputSize(width, height, kind);
  return SINKS[kind](width, height, options);
}
