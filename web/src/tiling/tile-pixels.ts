import type { SourceImage } from '../image/source.js';

/**
 * Copies a rectangle of an image into RGBA bytes of its own. Where it reaches past the right or
 * bottom edge, the pixels of that edge are repeated.
 */
export function cutTile(
  image: SourceImage,
  x: number,
  y: number,
  width: number,
  height: number,
): ArrayBuffer {
  const target = new Uint8Array(width * height * 4);
  const inside = Math.min(width, image.width - x);
  for (let row = 0; row < height; row++) {
    const sourceRow = Math.min(y + row, image.height - 1);
    const start = row * width * 4;
    copyRow(image, sourceRow * image.width + x, inside, target, start);
    // Each pixel outside repeats the one before it.
    for (let column = inside; column < width; column++) {
      const at = start + column * 4;
      target.copyWithin(at, at - 4, at);
    }
  }
  return target.buffer;
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
