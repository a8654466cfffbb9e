import { TesseraError } from '../errors.js';
import type {
  AnyCanvas,
  ColorSpace,
  OutputKind,
  OutputTypes,
  OwnCanvas,
  RawImage,
  TileResult,
} from '../types.js';
import { contextOf, hasCanvas, makeCanvas, makePageCanvas } from './canvas.js';
import { checkEncoding, type Encoding, encode, toDataAddress } from './encode.js';
import type { StreamType } from './file-stream.js';
import { checkWriting, writeFile } from './plain-file.js';
import { readsTruly } from './read-back.js';
import { allocatePixels } from './source.js';

/** What a result will be. */
export interface ResultShape {
  width: number;
  height: number;
  colorSpace: ColorSpace;
}

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

/** Collects tiles in one RGBA buffer. */
export class PixelSink implements TileSink<RawImage> {
  readonly #image: RawImage;

  constructor({ width, height, colorSpace }: ResultShape) {
    const advice = '; use tiles() to receive it in pieces';
    const data = allocatePixels('the result', width, height, advice);
    this.#image = { data, width, height, colorSpace };
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
  readonly #context: ReturnType<typeof contextOf>;

  constructor({ width, height, colorSpace }: ResultShape, canvas: AnyCanvas) {
    this.#canvas = canvas;
    canvas.width = width;
    canvas.height = height;
    this.#context = contextOf(canvas, { colorSpace });
    checkDrawing(this.#context, width, height);
  }

  write(tile: TileResult): void {
    this.#context.putImageData(toImageData(tile), tile.x, tile.y);
  }

  finish(): AnyCanvas {
    return this.#canvas;
  }
}

/**
 * A canvas that got no memory takes what is drawn and stays empty.
 *
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
function checkDrawing(context: ReturnType<typeof contextOf>, width: number, height: number): void {
  // Where reading back is falsified it says nothing.
  if (!readsTruly()) return;
  context.fillRect(width - 1, height - 1, 1, 1);
  const [, , , alpha] = context.getImageData(width - 1, height - 1, 1, 1).data;
  context.clearRect(width - 1, height - 1, 1, 1);
  if (alpha === 255) return;
  throw new TesseraError(
    'ERR_OUT_OF_MEMORY',
    `the browser has no memory for a canvas of ${width}x${height} pixels; use output 'raw' or tiles()`,
    { details: { width, height } },
  );
}

const toImageData = ({ data, width, height, colorSpace = 'srgb' }: RawImage): ImageData =>
  new ImageData(data, width, height, { colorSpace });

/** Changes what a sink gives at the end. */
function mapSink<A, B>(sink: TileSink<A>, map: (value: A) => B | Promise<B>): TileSink<B> {
  return {
    write: (tile) => sink.write(tile),
    finish: async () => map(await sink.finish()),
  };
}

/** The forms that are there when the run has ended. */
export type WholeKind = Exclude<OutputKind, 'stream'>;

type SinkMakers = {
  [K in WholeKind]: (shape: ResultShape, options: SinkOptions) => TileSink<OutputTypes[K]>;
};

function blobSink({ width, height, colorSpace }: ResultShape, { encoding }: SinkOptions) {
  if (!hasCanvas()) {
    const pixels = new PixelSink({ width, height, colorSpace });
    return mapSink(pixels, (image) => writeFile(image, encoding.type as StreamType));
  }
  const sink = new CanvasSink({ width, height, colorSpace }, makeCanvas(width, height));
  return mapSink(sink, (canvas) => encode(canvas, encoding));
}

const SINKS: SinkMakers = {
  raw: (shape) => new PixelSink(shape),
  imagedata: (shape) => mapSink(new PixelSink(shape), toImageData),
  // Not through a canvas, which would lose colour where it is nearly transparent.
  imagebitmap: (shape) =>
    mapSink(new PixelSink(shape), (image) =>
      createImageBitmap(toImageData(image), { premultiplyAlpha: 'none' }),
    ),
  canvas: (shape, { canvas }) =>
    // It is the caller's, or what this host calls a canvas.
    new CanvasSink(
      shape,
      canvas ?? makePageCanvas(shape.width, shape.height),
    ) as TileSink<AnyCanvas> as TileSink<OwnCanvas>,
  blob: blobSink,
  base64: (shape, options) => mapSink(blobSink(shape, options), toDataAddress),
};

/** What a sink may need to know. */
export interface SinkOptions {
  canvas: AnyCanvas | undefined;
  encoding: Encoding;
}

/**
 * The sink of an output form.
 *
 * @throws TesseraError when the result cannot be had in that form.
 */
export async function makeSink<K extends WholeKind>(
  kind: K,
  shape: ResultShape,
  options: SinkOptions,
): Promise<TileSink<OutputTypes[K]>> {
  checkOutputSize(shape.width, shape.height, kind);
  if (kind === 'blob' || kind === 'base64') {
    const check = hasCanvas() ? checkEncoding : checkWriting;
    await check(options.encoding, shape.width, shape.height);
  }
  return SINKS[kind](shape, options);
}
