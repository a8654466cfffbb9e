import type { Upscaler } from '../src/index.js';
import { setText } from './dom.js';
import {
  formatBytes,
  formatCount,
  formatMegapixels,
  formatSize,
  formatTime,
  plural,
} from './format.js';

/** What a complete run was like. */
export interface RunFacts {
  /** The original. */
  bitmap: ImageBitmap;
  tiles: number;
  milliseconds: number;
}

/** "2 workers", or "1 worker with 2 threads". */
function describeWorkers({ workers, threads }: Upscaler['info']): string {
  const base = plural(workers, 'worker');
  return threads > 1 ? `${base} with ${plural(threads, 'thread')}` : base;
}

/** Fills in the figures that hold for every picture. */
export function showSetup({ info, model }: Upscaler): void {
  const { name, parameters, fileBytes } = model;
  setText(
    'fact-model',
    `${name}: ${formatCount(parameters)} parameters, ${formatBytes(fileBytes)}`,
  );
  setText('fact-variant', `${info.variant}: ${info.reason}`);
  setText('fact-workers', describeWorkers(info));
}

/** Fills in the figures of one run, and leaves them on `<body>` for scripts. */
export function showRun(upscaler: Upscaler, { bitmap, tiles, milliseconds }: RunFacts): void {
  const need = upscaler.estimate({ width: bitmap.width, height: bitmap.height });
  const result = formatSize(need.outputWidth, need.outputHeight);
  const pixels = need.outputWidth * need.outputHeight;
  setText('fact-time', formatTime(milliseconds));
  setText('fact-speed', `${formatMegapixels((pixels / milliseconds) * 1000)} MP/s`);
  setText('fact-size', `${formatSize(bitmap.width, bitmap.height)} → ${result}`);
  setText('fact-tiles', `${tiles}, of at most ${formatSize(need.tile.width, need.tile.height)}`);
  setText('fact-memory', `about ${formatBytes(need.total)} in all`);
  Object.assign(document.body.dataset, {
    milliseconds: String(Math.round(milliseconds)),
    size: `${need.outputWidth}x${need.outputHeight}`,
    variant: upscaler.info.variant,
    workers: String(upscaler.info.workers),
    model: upscaler.model.name,
  });
}
