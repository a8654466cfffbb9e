// Results as text: for the terminal, and as Markdown.

import type { Ratio, Row } from './results.ts';

/** A table of aligned columns; the first line is the heading, numbers are on the right. */
function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] as string[]).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  );
  const isNumber = (text: string) => /^[-\d.]+x?$/.test(text);
  return lines
    .map((line) =>
      line
        .map((text, i) =>
          isNumber(text) ? text.padStart(widths[i] as number) : text.padEnd(widths[i] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const orDash = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? '-' : value.toFixed(digits);

/** Everything that was measured. */
export function rowTable(rows: readonly Row[]): string {
  const extras = [...new Set(rows.flatMap(({ extra = {} }) => Object.keys(extra)))];
  const head = [
    'workload',
    'browser',
    'net',
    'pixels',
    'subject',
    'kind',
    'variant',
    'threads',
    'isolated',
    'min ms',
    'median',
  ];
  return align([
    [...head, 'spread', 'GMAC/s', 'bytes', ...extras],
    ...rows.map((row) => [
      ...[row.workload, row.browser ?? 'chromium', row.net, `${row.pixels}`, row.subject, row.kind],
      ...[row.variant ?? '-', `${row.threads}`],
      ...[row.isolated ? 'yes' : 'no', orDash(row.ms_min, 2), orDash(row.ms_med, 2)],
      ...[orDash(row.spread, 2), orDash(row.gmacs, 1), orDash(row.bytes, 0)],
      ...extras.map((name) => orDash(row.extra?.[name], 2)),
    ]),
  ]);
}

/** Ratios beside what was promised. */
export function ratioTable(
  found: readonly Ratio[],
  targetOf: (ratio: Ratio) => number | null,
): string {
  return align([
    [
      ...['workload', 'browser', 'net', 'pixels', 'threads', 'peer', 'its best', 'ours'],
      'ratio',
      'target',
      '',
    ],
    ...found.map((ratio) => {
      const target = targetOf(ratio);
      const missed = target !== null && ratio.ratio < target;
      return [
        ...[
          ratio.workload,
          ratio.browser,
          ratio.net,
          `${ratio.pixels}`,
          `${ratio.threads}`,
          ratio.peer,
          ratio.peer_kind,
        ],
        ...[ratio.our_kind, `${ratio.ratio.toFixed(2)}x`],
        ...[target === null ? '-' : `${target.toFixed(2)}x`, missed ? 'missed' : ''],
      ];
    }),
  ]);
}
