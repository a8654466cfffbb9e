import type { Estimate, ModelInfo, OutputKind } from '../types.js';
import { enlarged, type TilePlan } from './plan.js';

const BYTES_PER_PIXEL = 4;

// How often a result is in memory while it becomes what is asked for. A browser that writes a file of
// a canvas holds the canvas, what was drawn on it and what it encodes.
const COPIES: Partial<Record<OutputKind, number>> = { imagebitmap: 2, blob: 3, base64: 3 };

/**
 * Adds up what a run needs.
 *
 * @param workers - how many there are; a small image does not use all
 * @param perWorker - bytes of wasm memory of one worker that is prepared for the plan
 * @param kind - of the result
 */
export function estimateRun(
  plan: TilePlan,
  model: ModelInfo,
  workers: number,
  perWorker: number,
  kind: OutputKind = 'raw',
): Estimate {
  const { extent: width, tile: tileWidth } = plan.across;
  const { extent: height, tile: tileHeight } = plan.down;
  const { scale } = model;
  const [outputWidth, outputHeight] = [enlarged(width, scale), enlarged(height, scale)];
  const tilePixels = tileWidth * tileHeight;
  const used = Math.min(workers, plan.count);
  const input = width * height * BYTES_PER_PIXEL;
  // Of a stream, two rows of tiles are in memory.
  const rows = kind === 'stream' ? Math.min(outputHeight, 2 * tileHeight * scale) : outputHeight;
  const output = outputWidth * Math.ceil(rows) * BYTES_PER_PIXEL * (COPIES[kind] ?? 1);
  // A tile and its result exist outside the wasm memory too, on their way.
  const onTheWay = tilePixels * BYTES_PER_PIXEL * (1 + scale ** 2);
  return {
    width,
    height,
    outputWidth,
    outputHeight,
    input,
    output,
    perWorker,
    workers: used,
    total: input + output + used * (perWorker + onTheWay),
    tiles: plan.count,
    tile: { width: tileWidth, height: tileHeight },
    overlap: plan.overlap,
    exact: plan.exact,
    notExactBecause: plan.notExactBecause,
    multiplications: model.multiplicationsPerPixel * tilePixels * plan.count,
  };
}
