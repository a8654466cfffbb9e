import { setText } from '../base/dom.js';
import { formatBytes, formatMegapixels, formatSize, formatTime } from '../base/format.js';
import type { Figures } from '../pictures/job.js';

/** The page's own heap, where the browser tells: not of the standard. */
interface HeapPerformance extends Performance {
  memory?: { usedJSHeapSize: number };
}

const FACTS = ['time', 'speed', 'size', 'tiles', 'first', 'memory', 'heap'] as const;
const MARKS = ['milliseconds', 'size', 'variant', 'workers', 'model'] as const;

/** Fills in the figures of one run, and leaves them on `<body>` for scripts. */
export function showRun({ need, info, model, milliseconds, firstTile }: Figures): void {
  const { width, height, outputWidth, outputHeight, tile } = need;
  const perSecond = (outputWidth * outputHeight * 1000) / milliseconds;
  const heap = (performance as HeapPerformance).memory?.usedJSHeapSize;
  const texts: Record<(typeof FACTS)[number], string> = {
    time: formatTime(milliseconds),
    speed: `${formatMegapixels(perSecond)} MP/s`,
    size: `${formatSize(width, height)} → ${formatSize(outputWidth, outputHeight)}`,
    tiles: `${need.tiles} of ${formatSize(tile.width, tile.height)}`,
    first: `after ${formatTime(firstTile)}`,
    memory: `about ${formatBytes(need.total)} in all`,
    heap: heap === undefined ? 'not told by this browser' : `${formatBytes(heap)} of JavaScript`,
  };
  for (const fact of FACTS) setText(`fact-${fact}`, texts[fact]);
  Object.assign(document.body.dataset, {
    milliseconds: String(Math.round(milliseconds)),
    size: `${outputWidth}x${outputHeight}`,
    variant: info.variant,
    workers: String(info.workers),
    model,
  });
}

/** There is no finished run to tell of. */
export function hideRun(): void {
  for (const fact of FACTS) setText(`fact-${fact}`, '–');
  for (const mark of MARKS) delete document.body.dataset[mark];
}
