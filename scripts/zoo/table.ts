// The table of scores in models/README.md.

import { UserError } from '../lib/log.mjs';
import type { Row } from './measure.ts';
import type { ZooModel } from './models.ts';

const BEGIN = '<!-- Written by `npm run eval:zoo`; do not edit. -->';
const END = '<!-- End of what `npm run eval:zoo` writes. -->';

const COLUMNS = [
  'model',
  'scale',
  'set',
  'PSNR-Y',
  'SSIM-Y',
  'PSNR-Y of the float parent',
  'PSNR-Y of bicubic',
];

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** A name with the others it goes by. */
function title({ name, aliases }: ZooModel): string {
  const code = (text: string) => `\`${text}\``;
  return aliases.length === 0 ? code(name) : `${code(name)} (also ${aliases.map(code).join(', ')})`;
}

/** The scores as a Markdown table. */
export function scoreTable(models: readonly ZooModel[], rows: readonly Row[]): string {
  const lines = rows.map((scores) => {
    const model = models.find(({ name }) => name === scores.model) as ZooModel;
    return row([
      title(model),
      String(scores.scale),
      scores.set,
      scores.psnr_y.toFixed(2),
      scores.ssim_y.toFixed(4),
      scores.float_psnr_y.toFixed(2),
      scores.bicubic_psnr_y.toFixed(2),
    ]);
  });
  return [row(COLUMNS), row(COLUMNS.map(() => '---')), ...lines].join('\n');
}

/** Where the generated part of a text begins and ends, markers left out. */
function section(text: string): [number, number] {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new UserError(`models/README.md has lost its markers:\n${BEGIN}\n${END}`);
  }
  return [begin + BEGIN.length, end];
}

/** The text with another table; everything outside the markers stays. */
export function replaceTable(text: string, table: string): string {
  const [begin, end] = section(text);
  return `${text.slice(0, begin)}\n\n${table}\n\n${text.slice(end)}`;
}

/**
 * Compares the table's columns, and the model, scale and set of each line, with what is to be there.
 *
 * @returns undefined, or a sentence on the first difference.
 */
export function tableDifference(text: string, models: readonly ZooModel[]): string | undefined {
  const [begin, end] = section(text);
  const found = text.slice(begin, end).trim().split('\n');
  const key = (line: string) => line.split('|').slice(1, 4).join('|').trim();
  const expected = models.flatMap((model) =>
    model.sets.map((set) => key(row([title(model), String(model.scale), set.name, '']))),
  );
  if (found[0] !== row(COLUMNS)) return `the columns are not ${COLUMNS.join(', ')}`;
  const lines = found.slice(2).map(key);
  const missing = expected.find((line) => !lines.includes(line));
  if (missing !== undefined) return `there is no line for ${missing}`;
  const extra = lines.find((line) => !expected.includes(line));
  if (extra !== undefined)
    return `there is a line for ${extra}, which models/manifest.json does not call for`;
  return undefined;
}
