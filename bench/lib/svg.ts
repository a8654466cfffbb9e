// What charts are drawn with: SVG that is legible on light and dark pages.

export const WIDTH = 720;
export const COLOURS = { ours: '#2f81f7', others: '#8c959f', text: '#768390' };

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const label = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x}" y="${y}" fill="${COLOURS.text}"${more}>${escapeXml(text)}</text>`;

export function drawing(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
      `height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
