// Quality by time: what README says and shows of it.

import type { Results, Row } from './results.ts';
import { scatterChart } from './scatter.ts';
import { table, titleOf } from './words.ts';

/** What the workload measures besides times, by its name in the JSON. */
function measured(row: Row, name: string): number {
  const value = row.extra?.[name];
  if (value === undefined) throw new RangeError(`${row.net} has no ${name}`);
  return value;
}

/** Seconds by output, since that is what quality is about. */
const seconds = (row: Row): number => measured(row, 's_per_megapixel');

export function qualitySection({ rows, data }: Results): string {
  const lines = rows.map((row) => {
    const [psnr, bicubic] = [measured(row, 'psnr_y'), measured(row, 'bicubic_psnr_y')];
    return [
      titleOf(row.subject),
      `${row.net} (${row.kind})`,
      `x${measured(row, 'scale')}`,
      `${psnr.toFixed(2)} dB`,
      `${psnr < bicubic ? '' : '+'}${(psnr - bicubic).toFixed(2)} dB`,
      `${row.threads}`,
      `${seconds(row).toFixed(2)} s`,
    ];
  });
  const head = ['', 'network', 'scale', 'PSNR-Y', 'over bicubic', 'threads', 'time'];
  return [
    `PSNR-Y on ${data}, reduced and enlarged again, and the time per megapixel of output, each network in its own library:`,
    table(head, lines),
    '![PSNR-Y by the time per megapixel of output](bench/results/quality.svg)',
  ].join('\n\n');
}

/** Those with the fewest threads, which are comparable. */
export function qualityChart({ rows, data }: Results): string {
  const threads = Math.min(...rows.map((row) => row.threads));
  const dots = rows
    .filter((row) => row.threads === threads)
    .map((row) => ({
      ...{ x: seconds(row), y: measured(row, 'psnr_y'), ours: row.subject === 'tessera' },
      label: `${row.net} (x${measured(row, 'scale')})`,
    }));
  const axes = {
    title: `Quality by time, ${threads === 1 ? 'one thread' : `${threads} threads`}: up and left is better`,
    x: 'seconds per megapixel of output',
    y: `PSNR-Y on ${data}, dB`,
  };
  return scatterChart(axes, dots);
}
