/** What a browser can draw, read into bytes. */
import { finish, finishInTurns } from '../base/turns.js';
import { TesseraError } from '../errors.js';
import type { ImageInput, PixelSource } from '../types.js';
import { contextOf, makeCanvas } from './canvas.js';
import { readsTruly, testCard } from './read-back.js';
import { allocatePixels, checkImageSize, type SourceImage } from './source.js';

/** A picture that a canvas can draw. */
export type Drawable = Exclude<ImageInput, string | URL | Blob | ImageData | PixelSource>;

// What is read at a time: a task of some ten milliseconds, and a canvas that no browser refuses.
const BLOCK_PIXELS = 1024 * 1024;
const BLOCK_EDGE = 8192;

/** A block at each step. */
function* drawing(
  image: Drawable,
  width: number,
  height: number,
): Generator<undefined, SourceImage> {
  const columns = Math.min(width, BLOCK_EDGE);
  const rows = Math.min(height, BLOCK_EDGE, Math.max(1, Math.floor(BLOCK_PIXELS / columns)));
  const canvas = makeCanvas(columns, rows);
  const context = contextOf(canvas, { willReadFrequently: true });
  const data = allocatePixels('the image', width, height);
  for (let y = 0; y < height; y += rows) {
    for (let x = 0; x < width; x += columns) {
      if (x + y > 0) yield;
      const across = Math.min(columns, width - x);
      const down = Math.min(rows, height - y);
      context.clearRect(0, 0, columns, rows);
      // The whole picture, moved: for a picture that is turned as its file says, some browsers take
      // a source rectangle from other rows.
      context.drawImage(image, -x, -y, width, height);
      place(context.getImageData(0, 0, across, down).data, across, data, width, x, y);
    }
  }
  // Some browsers keep the pixels of a canvas until it is collected, unless it is empty.
  canvas.width = 0;
  return { data, width, height, channels: 4 };
}

/** Copies a block into its place. */
function place(
  block: Uint8ClampedArray,
  across: number,
  target: Uint8ClampedArray,
  width: number,
  x: number,
  y: number,
): void {
  const start = (y * width + x) * 4;
  if (across === width) {
    target.set(block, start);
    return;
  }
  const rowBytes = across * 4;
  for (let row = 0; row * rowBytes < block.length; row++) {
    target.set(block.subarray(row * rowBytes, (row + 1) * rowBytes), start + row * width * 4);
  }
}

/** Reads a picture that may change in the next task: it is read in this one. */
export async function readNow(
  image: Drawable,
  width: number,
  height: number,
): Promise<SourceImage> {
  checkImageSize(width, height);
  if (!readsTruly()) return readFrame(image, width, height);
  return finish(drawing(image, width, height));
}

/** Reads a picture that stays as it is, without keeping the page waiting. */
export async function readInTurns(
  image: Drawable,
  width: number,
  height: number,
  signal: AbortSignal | undefined,
): Promise<SourceImage> {
  checkImageSize(width, height);
  if (!readsTruly()) return readFrame(image, width, height);
  return finishInTurns(drawing(image, width, height), signal);
}

/** The way around a canvas that falsifies what is read: video frames are not falsified. */
async function readFrame(image: Drawable, width: number, height: number): Promise<SourceImage> {
  // In this task, as the picture may change.
  const frame = openFrame(image);
  try {
    if (!(await framesReadTruly())) throw falsified();
    const data = allocatePixels('the image', width, height);
    await copyFrame(frame, data, width);
    return { data, width, height, channels: 4 };
  } finally {
    frame.close();
  }
}

function openFrame(image: Drawable): VideoFrame {
  if (typeof VideoFrame === 'undefined') throw falsified();
  try {
    return new VideoFrame(image, { timestamp: 0 });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'SecurityError') throw cause;
    throw falsified(cause);
  }
}

/** Copies a frame's pixels as sRGB, where the browser converts them. */
export async function copyFrame(
  frame: VideoFrame,
  data: Uint8ClampedArray,
  width: number,
): Promise<void> {
  await frame.copyTo(data, {
    format: 'RGBA',
    colorSpace: 'srgb',
    layout: [{ offset: 0, stride: width * 4 }],
  });
}

/** Whether known colours come back through a video frame. */
async function framesReadTruly(): Promise<boolean> {
  const known = testCard();
  const bitmap = await createImageBitmap(known);
  const frame = new VideoFrame(bitmap, { timestamp: 0 });
  const found = new Uint8ClampedArray(known.data.length);
  try {
    await copyFrame(frame, found, known.width);
  } catch {
    return false;
  } finally {
    frame.close();
    bitmap.close();
  }
  return found.every((byte, i) => byte === known.data[i]);
}

function falsified(cause?: unknown): TesseraError {
  return new TesseraError(
    'ERR_UNSUPPORTED',
    'this browser changes what is read from a canvas, as a guard against fingerprinting, and has ' +
      'no other way to read pictures: allow this page to read canvases, or pass ' +
      '{data, width, height}',
    { cause },
  );
}
