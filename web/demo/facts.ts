import type { Estimate, Upscaler } from '../src/index.js';
import { setText } from './dom.js';
import {
  formatBytes,
  formatCount,
  formatMegapixels,
  formatSize,
  formatTime,
  plural,
} from './format.js';
import type { Prepared } from './runner.js';

/** "2 workers", or "1 worker with 2 threads". */
function describeWorkers({ workers, threads }: Upscaler['info']): string {
  const base = plural(workers, 'worker');
  return threads > 1 ? `${base} with ${plural(threads, 'thread')}` : base;
}

/** Fills in the figures that hold for every picture. */
export function showSetup({ upscaler, milliseconds }: Prepared): void {
  const { info, model } = upscaler;
  const { name, parameters, fileBytes } = model;
  setText(
    'fact-model',
    `${name || 'yours'}: ${formatCount(parameters)} parameters, ${formatBytes(fileBytes)}`,
  );
  setText('fact-warnings', info.warnings.map((warning) => `Warning: ${warning}.`).join(' '));
  setText('fact-variant', `${info.variant}: ${info.reason}`);
  setText('fact-workers', describeWorkers(info));
  setText('fact-start', formatTime(milliseconds));
}

/**
 * Fills in the figures of one run, and leaves them on `<body>` for scripts.
 *
 * @param milliseconds - from the file's bytes to the last pixel
 */
export function showRun({ info, model }: Upscaler, need: Estimate, milliseconds: number): void {
  const { width, height, outputWidth, outputHeight, tile } = need;
  const perSecond = (outputWidth * outputHeight * 1000) / milliseconds;
  setText('fact-time', formatTime(milliseconds));
  setText('fact-speed', `${formatMegapixels(perSecond)} MP/s`);
  setText('fact-size', `${formatSize(width, height)} → ${formatSize(outputWidth, outputHeight)}`);
  setText('fact-tiles', `${need.tiles} of ${formatSize(tile.width, tile.height)}`);
  setText('fact-memory', `about ${formatBytes(need.total)} in all`);
  Object.assign(document.body.dataset, {
    milliseconds: String(Math.round(milliseconds)),
    size: `${outputWidth}x${outputHeight}`,
    variant: info.variant,
    workers: String(info.workers),
    model: model.name,
  });
}
