// The tables in models/README.md.

import { generatedPart, replaceGenerated } from '../lib/generated-part.ts';
import { markdownRow, markdownTable } from '../lib/markdown-table.ts';
import { count, type ModelFacts } from './card.ts';
import type { Row } from './measure.ts';
import type { ZooModel } from './models.ts';

const SCORES_BY = 'npm run eval:zoo';
const MODELS_BY = 'npm run cards';

const SCORE_COLUMNS = [
  'model',
  'scale',
  'set',
  'PSNR-Y',
  'SSIM-Y',
  'PSNR-Y of the float parent',
  'PSNR-Y of bicubic',
];

const MODEL_COLUMNS = [
  'name',
  'file',
  'scale',
  'parameters',
  'multiplications per input pixel',
  'card',
];

/** A name with the others it goes by. */
function title({ name, aliases }: ZooModel): string {
  const code = (text: string) => `\`${text}\``;
  return aliases.length === 0 ? code(name) : `${code(name)} (also ${aliases.map(code).join(', ')})`;
}

/** The scores as a Markdown table. */
export function scoreTable(models: readonly ZooModel[], rows: readonly Row[]): string {
  const lines = rows.map((scores) => {
    const model = models.find(({ name }) => name === scores.model) as ZooModel;
    return [
      title(model),
      String(scores.scale),
      scores.set,
      scores.psnr_y.toFixed(2),
      scores.ssim_y.toFixed(4),
      scores.float_psnr_y.toFixed(2),
      scores.bicubic_psnr_y.toFixed(2),
    ];
  });
  return markdownTable(SCORE_COLUMNS, lines);
}

/** What each model is and costs, as a Markdown table. */
export function modelTable(entries: readonly { model: ZooModel; facts: ModelFacts }[]): string {
  const lines = entries.map(({ model, facts }) => [
    title(model),
    `${Math.round(facts.fileBytes / 1000)} kB`,
    String(model.scale),
    count(facts.parameters),
    count(facts.multiplicationsPerPixel),
    `[${model.name}.md](${model.name}.md)`,
  ]);
  return markdownTable(MODEL_COLUMNS, lines);
}

/** models/README.md with another table of scores. */
export const replaceScores = (readme: string, scores: string): string =>
  replaceGenerated(readme, SCORES_BY, scores);

/** models/README.md with another table of models. */
export const replaceModels = (readme: string, models: string): string =>
  replaceGenerated(readme, MODELS_BY, models);

/**
 * Compares the columns of the scores, and the model, scale and set of each line, with what is to be there.
 *
 * @returns undefined, or a sentence on the first difference.
 */
export function tableDifference(text: string, models: readonly ZooModel[]): string | undefined {
  const found = generatedPart(text, SCORES_BY).split('\n');
  const key = (line: string) => line.split('|').slice(1, 4).join('|').trim();
  const expected = models.flatMap((model) =>
    model.sets.map((set) => key(markdownRow([title(model), String(model.scale), set.name, '']))),
  );
  if (found[0] !== markdownRow(SCORE_COLUMNS))
    return `the columns are not ${SCORE_COLUMNS.join(', ')}`;
  const lines = found.slice(2).map(key);
  const missing = expected.find((line) => !lines.includes(line));
  if (missing !== undefined) return `there is no line for ${missing}`;
  const extra = lines.find((line) => !expected.includes(line));
  if (extra !== undefined)
    return `there is a line for ${extra}, which models/manifest.json does not call for`;
  return undefined;
}
