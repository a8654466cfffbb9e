import type { Estimate, ModelInfo, OutputKind } from '../types.js';
import { type Leg, workOf } from './legs.js';

const BYTES_PER_PIXEL = 4;

// How often a result is in memory while it becomes what is asked for. A browser that writes a file of
// a canvas holds the canvas, what was drawn on it and what it encodes.
const COPIES: Partial<Record<OutputKind, number>> = { imagebitmap: 2, blob: 3, base64: 3 };

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * Adds up what a run needs.
 *
 * @param legs - in order, one at least
 * @param workers - how many there are; a small image does not use all
 * @param perWorker - bytes of wasm memory of one worker that is prepared for all legs
 * @param kind - of the result
 */
export function estimateRun(
  legs: readonly Leg[],
  { scale, multiplicationsPerPixel }: ModelInfo,
  workers: number,
  perWorker: number,
  kind: OutputKind = 'raw',
): Estimate {
  const first = legs[0] as Leg;
  const last = legs.at(-1) as Leg;
  const { across, down, overlap } = first.plan;
  const { width: outputWidth, height: outputHeight } = last.target.window;
  const used = Math.min(workers, Math.max(...legs.map(({ count }) => count)));
  // Of a stream, two rows of tiles are in memory.
  const rowsOfTiles = 2 * last.plan.down.tile * scale;
  const rows = kind === 'stream' ? Math.min(outputHeight, rowsOfTiles) : outputHeight;
  const bytes = (leg: Leg) => leg.plan.across.extent * leg.plan.down.extent * BYTES_PER_PIXEL;
  const output = outputWidth * Math.ceil(rows) * BYTES_PER_PIXEL * (COPIES[kind] ?? 1);
  // A tile and its result exist outside the wasm memory too, on their way.
  const tilePixels = Math.max(...legs.map(({ plan }) => plan.across.tile * plan.down.tile));
  const onTheWay = tilePixels * BYTES_PER_PIXEL * (1 + scale ** 2);
  const tiled = legs.find(({ plan }) => plan.flow === undefined);
  const inexact = legs.find(({ plan }) => !plan.exact);
  return {
    width: across.extent,
    height: down.extent,
    outputWidth,
    outputHeight,
    input: bytes(first),
    output,
    perWorker,
    workers: used,
    total: sum(legs.map(bytes)) + output + used * (perWorker + onTheWay),
    tiles: sum(legs.map(({ count }) => count)),
    tile: { width: across.tile, height: down.tile },
    overlap,
    schedule: tiled === undefined ? 'rows' : 'tiles',
    scheduleBecause: tiled?.plan.tilesBecause ?? '',
    exact: inexact === undefined,
    notExactBecause: inexact?.plan.notExactBecause ?? '',
    multiplications: multiplicationsPerPixel * sum(legs.map((leg) => workOf(leg, used))),
  };
}
