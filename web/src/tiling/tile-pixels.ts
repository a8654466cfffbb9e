import type { SpareBuffers } from '../base/buffers.js';
import type { SourceImage } from '../image/source.js';

/**
 * Copies a rectangle of an image into RGBA bytes of its own. Where it reaches beyond an edge, the
 * pixels of that edge are repeated.
 *
 * @param spares - where the bytes' buffer comes from, if there is one
 */
export function cutTile(
  image: SourceImage,
  x: number,
  y: number,
  width: number,
  height: number,
  spares: SpareBuffers,
): ArrayBuffer {
  const bytes = width * height * 4;
  const target = new Uint8Array(spares.take(bytes) ?? new ArrayBuffer(bytes));
  const left = Math.max(0, -x);
  const right = Math.min(width, image.width - x);
  for (let row = 0; row < height; row++) {
    const sourceRow = Math.min(Math.max(0, y + row), image.height - 1);
    const start = row * width * 4;
    copyRow(image, sourceRow * image.width + x + left, right - left, target, start + left * 4);
    // Each pixel outside repeats the one beside it.
    for (let column = left - 1; column >= 0; column--)
      repeatPixel(target, start, column + 1, column);
    for (let column = right; column < width; column++)
      repeatPixel(target, start, column - 1, column);
  }
  return target.buffer;
}

function repeatPixel(target: Uint8Array, start: number, from: number, to: number): void {
  const at = start + from * 4;
  target.copyWithin(start + to * 4, at, at + 4);
}

function copyRow(
  image: SourceImage,
  firstPixel: number,
  pixels: number,
  target: Uint8Array,
  at: number,
): void {
  const { data, channels } = image;
  const source = firstPixel * channels;
  if (channels === 4) {
    target.set(data.subarray(source, source + pixels * 4), at);
    return;
  }
  for (let from = source, to = at; from < source + pixels * 3; from += 3, to += 4) {
    target[to] = data[from] as number;
    target[to + 1] = data[from + 1] as number;
    target[to + 2] = data[from + 2] as number;
    target[to + 3] = 255;
  }
}
