// What a pixel costs as pictures grow: what README says of it.

import type { Results, Row } from './results.ts';
import { table } from './words.ts';

/** Below this the start of a picture counts: few tiles, and workers that wait for the last. */
const LARGE = 0.25e6;

const megapixels = (row: Row): number => row.pixels / 1e6;
/**
 * Cost of an input pixel in microseconds, by the median: the fastest of the many small pictures that
 * fit into one measurement has more luck than the fastest of a few large ones.
 */
const cost = (row: Row): number => (row.ms_med * 1e3) / row.pixels;

const columnOf = ({ threads, isolated }: Row): string =>
  `${threads} ${threads === 1 ? 'worker' : 'workers'}${isolated ? ', isolated' : ''}`;

/** How much more the dearest pixel costs than the cheapest, among large pictures. */
function unevenness(rows: readonly Row[]): string {
  // Pictures are a little off their nominal size.
  const costs = rows.filter(({ pixels }) => pixels > 0.99 * LARGE).map(cost);
  if (costs.length < 2) return '-';
  return `${(100 * (Math.max(...costs) / Math.min(...costs) - 1)).toFixed(1)} %`;
}

export function scalingSection({ rows }: Results): string {
  const columns = [...new Set(rows.map(columnOf))];
  const sizes = [...new Set(rows.map(megapixels))].sort((a, b) => a - b);
  const lines = sizes.map((size) => [
    `${size.toFixed(2)} MP`,
    ...columns.map((column) => {
      const row = rows.find((each) => megapixels(each) === size && columnOf(each) === column);
      return row ? `${cost(row).toFixed(2)} µs` : '-';
    }),
  ]);
  const last = columns.map((column) =>
    unevenness(rows.filter((each) => columnOf(each) === column)),
  );
  return [
    'What an input pixel costs as pictures grow, Tessera alone, by the median picture; the last line is how ' +
      'much more the dearest costs than the cheapest, from 0.25 MP on:',
    table(['picture', ...columns], [...lines, ['', ...last]]),
  ].join('\n\n');
}
