// Bars, as SVG.

import { COLOURS, drawing, label, WIDTH } from './svg.ts';

export interface Bar {
  label: string;
  value: number;
  /** What stands at its end. */
  text: string;
  ours: boolean;
}

export interface BarGroup {
  title: string;
  bars: readonly Bar[];
}

const LABELS = 170;
const BAR = 16;
const STEP = 22;
const GAP = 34;

/** Groups below each other; all bars have one scale. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const room = WIDTH - LABELS - 70;
  const parts: string[] = [];
  let y = 24;
  parts.push(label(0, y - 6, title, ' font-weight="bold"'));
  for (const group of groups) {
    y += GAP;
    parts.push(label(0, y - 8, group.title, ' font-weight="bold"'));
    for (const bar of group.bars) {
      const width = Math.max(1, Math.round((bar.value / largest) * room));
      const colour = bar.ours ? COLOURS.ours : COLOURS.others;
      parts.push(
        label(LABELS - 8, y + 12, bar.label, ' text-anchor="end"'),
        `<rect x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`,
        label(LABELS + width + 6, y + 12, bar.text),
      );
      y += STEP;
    }
  }
  return drawing(title, y + 8, parts);
}
