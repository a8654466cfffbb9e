/** Files of pictures, written by the browser. */
import { describe, TesseraError } from '../errors.js';
import type { AnyCanvas } from '../types.js';
import { contextOf, makeCanvas } from './canvas.js';
import { readsTruly } from './read-back.js';

/** How a file is to be written. */
export interface Encoding {
  /** A MIME type. */
  type: string;
  /** 0 to 1, for a lossy type. */
  quality: number | undefined;
  /** A CSS colour under what is transparent. */
  background: string | undefined;
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
};

// The longest edge that a format can say. Beyond it, Chromium crops a WebP without a word.
const MOST_EDGE: Readonly<Record<string, number>> = { 'image/webp': 16_383, 'image/jpeg': 65_535 };

/**
 * The options of a file, checked.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function resolveEncoding(options: {
  type?: unknown;
  quality?: unknown;
  background?: unknown;
}): Encoding {
  const { type = 'image/png', quality, background } = options;
  if (typeof type !== 'string')
    throw new TypeError("type must be a MIME type, such as 'image/png'");
  if (quality !== undefined && typeof quality !== 'number') {
    throw new TypeError('quality must be a number');
  }
  if (quality !== undefined && !(quality >= 0 && quality <= 1)) {
    throw new RangeError(`quality must be from 0 to 1, not ${quality}`);
  }
  if (background !== undefined && typeof background !== 'string') {
    throw new TypeError("background must be a CSS colour, such as 'white'");
  }
  const plain = type.trim().toLowerCase();
  const name = new Map(Object.entries(OTHER_NAMES)).get(plain) ?? plain;
  // What has no transparency needs something in its place.
  const fallback = name === 'image/jpeg' ? 'white' : undefined;
  return { type: name, quality, background: background ?? fallback };
}

/**
 * Finds out before the run whether its result can be written.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` or `ERR_IMAGE_TOO_LARGE`; RangeError for no colour.
 */
export async function checkEncoding(
  { type, background }: Encoding,
  width: number,
  height: number,
): Promise<void> {
  const limit = MOST_EDGE[type];
  if (limit !== undefined && Math.max(width, height) > limit) {
    throw new TesseraError(
      'ERR_IMAGE_TOO_LARGE',
      `the result would have ${width}x${height} pixels, and ${type} has at most ${limit} along an ` +
        "edge; use type 'image/png' or another output",
      { details: { width, height, limit } },
    );
  }
  const sample = makeCanvas(1, 1);
  const context = contextOf(sample);
  if (background !== undefined) checkColour(context, background);
  if (!readsTruly()) {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this browser changes the files that are made of a canvas, as a guard against ' +
        "fingerprinting: allow this page to read canvases, or use output 'imagedata' or 'canvas'",
    );
  }
  await encode(sample, { type, quality: undefined, background: undefined });
}

type Context2d = ReturnType<typeof contextOf>;

/** A context ignores what is no colour. */
function checkColour(context: Context2d, colour: string): void {
  const [first, second] = ['#123456', '#654321'].map((before) => {
    context.fillStyle = before;
    context.fillStyle = colour;
    return context.fillStyle;
  });
  if (first !== second) throw new RangeError(`background must be a CSS colour, not '${colour}'`);
}

/**
 * Writes what is on a canvas.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` when the browser cannot write that type,
 * `ERR_OUT_OF_MEMORY` when it fails.
 */
export async function encode(canvas: AnyCanvas, encoding: Encoding): Promise<Blob> {
  const { type, quality, background } = encoding;
  if (background !== undefined) {
    const context = contextOf(canvas);
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  const blob = await toBlob(canvas, type, quality).catch((cause) => {
    throw failed(canvas, type, cause);
  });
  if (blob === null) throw failed(canvas, type, 'no reason given');
  // Browsers quietly fall back to PNG.
  if (blob.type !== type) {
    throw new TesseraError('ERR_UNSUPPORTED', `this browser cannot write ${type}`, {
      details: { type, wrote: blob.type },
    });
  }
  return blob;
}

// A multiple of three, whose base64 can be joined.
const BASE64_CHUNK = 3 * 8192;

/** A file as a `data:` address. */
export async function toDataAddress(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const parts = [`data:${blob.type};base64,`];
  for (let at = 0; at < bytes.length; at += BASE64_CHUNK) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_CHUNK))));
  }
  return parts.join('');
}

async function toBlob(
  canvas: AnyCanvas,
  type: string,
  quality: number | undefined,
): Promise<Blob | null> {
  if ('convertToBlob' in canvas) {
    return canvas.convertToBlob({ type, ...(quality !== undefined && { quality }) });
  }
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

function failed({ width, height }: AnyCanvas, type: string, cause: unknown): TesseraError {
  return new TesseraError(
    'ERR_OUT_OF_MEMORY',
    `the browser could not write the result of ${width}x${height} pixels as ${type} ` +
      `(${describe(cause)}); use output 'raw' or tiles()`,
    { cause, details: { width, height, type } },
  );
}
