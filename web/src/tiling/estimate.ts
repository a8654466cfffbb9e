import type { Estimate, ModelInfo } from '../types.js';
import { enlarged, type TilePlan } from './plan.js';

const BYTES_PER_PIXEL = 4;

/**
 * Adds up what a run needs.
 *
 * @param workers - how many there are; a small image does not use all
 * @param perWorker - bytes of wasm memory of one worker that is prepared for the plan
 */
export function estimateRun(
  plan: TilePlan,
  model: ModelInfo,
  workers: number,
  perWorker: number,
): Estimate {
  const { extent: width, tile: tileWidth } = plan.across;
  const { extent: height, tile: tileHeight } = plan.down;
  const { scale } = model;
  const [outputWidth, outputHeight] = [enlarged(width, scale), enlarged(height, scale)];
  const tilePixels = tileWidth * tileHeight;
  const used = Math.min(workers, plan.count);
  const input = width * height * BYTES_PER_PIXEL;
  const output = outputWidth * outputHeight * BYTES_PER_PIXEL;
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
