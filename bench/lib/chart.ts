// Bars, as SVG that is legible on light and dark pages.

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

const WIDTH = 720;
const LABELS = 170;
const BAR = 16;
const STEP = 22;
const GAP = 34;
const COLOURS = { ours: '#2f81f7', others: '#8c959f', text: '#768390' };

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const label = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x}" y="${y}" fill="${COLOURS.text}"${more}>${escapeXml(text)}</text>`;

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
  const height = y + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
      `height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
