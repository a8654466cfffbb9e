// A part of a picture three times: enlarged by bicubic, by a model, and as it was.

import type { Core } from '../../web/cli/core.ts';
import { degradeForWeb } from '../../web/cli/degrade.ts';
import type { RawImage, Upscaler } from '../../web/src/index.ts';
import { UserError } from '../lib/log.mjs';

/** In pixels of the picture as it was. */
export interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** @throws UserError unless the text is four whole numbers that make a rectangle. */
export function parseRectangle(text: string): Rectangle {
  const numbers = text.split(',').map(Number);
  const [left, top, width, height] = numbers as [number, number, number, number];
  if (numbers.length === 4 && numbers.every(Number.isInteger)) {
    if (left >= 0 && top >= 0 && width > 0 && height > 0) return { left, top, width, height };
  }
  throw new UserError(`--rect takes LEFT,TOP,WIDTH,HEIGHT in pixels, not '${text}'`);
}

/** @throws UserError when it is not inside. */
export function cut(image: RawImage, { left, top, width, height }: Rectangle): RawImage {
  if (left + width > image.width || top + height > image.height) {
    throw new UserError(
      `the rectangle ends at ${left + width},${top + height}, ` +
        `beyond the picture's ${image.width}x${image.height}`,
    );
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 4;
    data.set(image.data.subarray(from, from + width * 4), y * width * 4);
  }
  return { data, width, height };
}

/** Panels of one size in a row, each pixel enlarged to a square, white gaps between them. */
export function sideBySide(panels: readonly RawImage[], zoom: number, gap: number): RawImage {
  const [{ width, height }] = panels as [RawImage, ...RawImage[]];
  const step = width * zoom + gap;
  const sheet = { width: step * panels.length - gap, height: height * zoom };
  const data = new Uint8ClampedArray(sheet.width * sheet.height * 4).fill(255);
  panels.forEach((panel, number) => {
    for (let y = 0; y < sheet.height; y++) {
      for (let x = 0; x < width * zoom; x++) {
        const from = (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * 4;
        const to = (y * sheet.width + number * step + x) * 4;
        data.set(panel.data.subarray(from, from + 4), to);
      }
    }
  });
  return { data, ...sheet };
}

/**
 * The part enlarged by bicubic, by the model, and as it was. The whole picture is reduced and enlarged,
 * so that the part has true surroundings.
 *
 * @param original - with extents that are multiples of the scale
 * @param web - name and seed of the damage to the small picture, if it is to be damaged
 */
export async function threeParts(
  core: Core,
  upscaler: Upscaler,
  original: RawImage,
  part: Rectangle,
  web?: { name: string; seed: number },
): Promise<RawImage[]> {
  const { scale } = upscaler.model;
  const { width, height } = original;
  const truth = cut(original, part);
  const small =
    web === undefined
      ? core.resize(original, width / scale, height / scale)
      : await degradeForWeb(core, original, scale, web.name, web.seed);
  const result = await upscaler.upscale(small, { output: 'raw' });
  return [cut(core.resize(small, width, height), part), cut(result, part), truth];
}
