// A model's card as Markdown.

import { markdownTable } from '../lib/markdown-table.ts';
import type { Row } from './measure.ts';
import type { ZooModel } from './models.ts';

/** What `tessera inspect --json` says of a file. */
export interface ModelFacts {
  fileBytes: number;
  parameters: number;
  multiplicationsPerPixel: number;
  overlap: number;
  border: number;
  licence: string;
}

export interface CardParts {
  model: ZooModel;
  facts: ModelFacts;
  /** The first line of the recipe: what the model is for. */
  purpose: string;
  rows: readonly Row[];
  /** Network and failures, alike for a family. */
  family: string;
  /** Whether models/cards/NAME.webp is there, and what it shows. */
  crop: string | undefined;
  /** Whether the curve of the training run is there. */
  hasCurve: boolean;
}

/** A number as tables have it, with its thousands apart. */
export const count = (value: number): string => value.toLocaleString('en-US');
const decibels = (value: number) => value.toFixed(2);

function factTable({ model, facts }: CardParts): string {
  const { name, aliases, scale } = model;
  const field = 2 * facts.overlap + 1;
  const also = aliases.length === 0 ? '' : `; also called ${aliases.join(', ')}`;
  const lines = [
    ['file', `\`${name}.onnx\`, ${count(facts.fileBytes)} bytes, int8 in QDQ form${also}`],
    ['float parent', `[float/${name}.onnx](float/${name}.onnx), not in the package`],
    ['input, output', `\`[1, 3, H, W]\` to \`[1, 3, ${scale}H, ${scale}W]\`, RGB, 0..1, any size`],
    ['parameters', count(facts.parameters)],
    ['multiplications', `${count(facts.multiplicationsPerPixel)} per input pixel`],
    ['receptive field', `${field}x${field} input pixels, so tiles overlap by ${facts.overlap}`],
    ['border', `${facts.border} pixels, edge pixels repeated, cut away from the result`],
    ['licence of the weights', facts.licence],
  ];
  return markdownTable(['', ''], lines);
}

function scores(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.set,
    ...[row.bicubic_psnr_y, row.float_psnr_y, row.psnr_y].map(decibels),
    row.ssim_y.toFixed(4),
  ]);
  return markdownTable(['set', 'bicubic', 'float parent', 'this file', 'SSIM-Y'], lines);
}

/** The whole card. */
export function cardText(parts: CardParts): string {
  const { name } = parts.model;
  const curve = parts.hasCurve ? `\n\n![loss and held-out PSNR-Y](float/${name}/curve.png)` : '';
  const crop =
    parts.crop === undefined
      ? ''
      : `\n\n![bicubic, this model, original](cards/${name}.webp)\n\n${parts.crop}`;
  return `<!-- Written by \`npm run cards\`; do not edit. -->

# ${name}

${parts.purpose}

${factTable(parts)}

## Scores

PSNR-Y in dB, measured by \`npm run eval:zoo\` as [README.md](README.md#scores) says.

${scores(parts.rows)}${crop}

## Training

Recipe: [train/configs/${name}.toml](train/configs/${name}.toml); [train/README.md](train/README.md) says why it is as it is. Images:
[training-data.md](training-data.md). No image of the sets above was trained on. Log:
[float/${name}/log.csv](float/${name}/log.csv).${curve}

${parts.family.trim()}
`;
}
