import { TesseraError } from '../errors.js';
import type { AnyCanvas } from '../types.js';

/** Whether this host draws at all. */
export function hasCanvas(): boolean {
  return typeof OffscreenCanvas !== 'undefined' || typeof document !== 'undefined';
}

/**
 * A canvas for work behind the scenes.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` in hosts without canvases.
 */
export function makeCanvas(width: number, height: number): AnyCanvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  if (typeof document !== 'undefined') return makePageCanvas(width, height);
  throw new TesseraError(
    'ERR_UNSUPPORTED',
    "this host has no canvas: pass {data, width, height} and ask for output 'raw'",
  );
}

/** A canvas for a caller, who in a page will want an element. */
export function makePageCanvas(width: number, height: number): AnyCanvas {
  if (typeof document === 'undefined') return makeCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** @throws TesseraError `ERR_UNSUPPORTED` when the canvas already has a context of another kind. */
export function contextOf(
  canvas: AnyCanvas,
  settings: CanvasRenderingContext2DSettings = {},
): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', settings) as
    | CanvasRenderingContext2D
    | OffscreenCanvasRenderingContext2D
    | null;
  if (context !== null) return context;
  throw new TesseraError(
    'ERR_UNSUPPORTED',
    `no 2d context of ${canvas.width}x${canvas.height} pixels to be had: the canvas is too large ` +
      'or already used otherwise (webgl, transferred)',
  );
}
