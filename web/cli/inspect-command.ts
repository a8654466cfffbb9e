import { type ModelInfo, type ModelNode, TesseraError } from '../src/index.js';
import { toMetadata } from '../src/load/picture-options.js';
import {
  MODEL_HELP,
  MODEL_OPTIONS,
  modelChoices,
  PICTURE_HELP,
  PICTURE_OPTIONS,
  parse,
  pictureArguments,
} from './arguments.js';
import type { Command } from './command.js';
import { openCore } from './core.js';
import { modelSource } from './models.js';

const HELP = `Usage: tessera inspect MODEL [--json]

Describes a model: a shipped one by its name, or an ONNX file or URL. Operators are listed as they
run, after simplification. Warns where the network seems to want its pictures in another range or
order of colours.

      --json              print everything as JSON, also what stands in the way
${MODEL_HELP}  -h, --help              print this

Over what the model file says:
${PICTURE_HELP}`;

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 });
}

function facts(info: ModelInfo): [string, string][] {
  const field = 2 * info.overlap + 1;
  const local = `${field}x${field} pixels or less`;
  const tiling = info.exact
    ? local
    : `the whole image (${info.notExactBecause}); by local paths ${local}`;
  const optional: [string, string][] = [
    ['name', info.name],
    ['licence', info.licence],
    ['trained on', info.data],
    ['scores', info.scores],
  ];
  return [
    ...optional.filter(([, value]) => value !== ''),
    ['scale', String(info.scale)],
    ['channels', `${info.channels} ${colorText(info)}`.trimEnd()],
    ['size multiple', String(info.sizeMultiple)],
    ['receptive field', tiling],
    ['exact in tiles', info.exact ? 'yes' : 'no'],
    ...(info.margin > 0 ? [['margin', `${info.margin} pixels`] as [string, string]] : []),
    ...(info.border > 0 ? [['border', `${info.border} pixels`] as [string, string]] : []),
    ['overlap', `${info.overlap} pixels, ${info.overlapWithAlpha} with transparency`],
    ['parameters', count(info.parameters)],
    ['multiplications', `${count(info.multiplicationsPerPixel)} per input pixel`],
    ['file', `${count(info.fileBytes)} bytes`],
  ];
}

function colorText({ channels, color }: ModelInfo): string {
  return channels === 4 && color !== '' ? `${color} and alpha` : color;
}

/** What to know before running it. */
function remarks(info: ModelInfo): string {
  const lines = info.warnings.map((warning) => `warning: ${warning}\n`);
  const because = info.notRunnableBecause;
  if (because !== '') lines.push(`cannot be run on images: ${because}\n`);
  return lines.length === 0 ? '' : `${lines.join('')}\n`;
}

/** An extent that depends on the image is shown as a dot. */
function shapeText(shape: readonly number[]): string {
  return shape.map((extent) => (extent < 0 ? '·' : String(extent))).join(' x ');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}

function nodeRow(node: ModelNode): string[] {
  return [node.op, node.name, node.runs, shapeText(node.shape), node.detail];
}

/** All that stands in the way, where the core has told. */
function printObstacles(error: unknown): void {
  if (!(error instanceof TesseraError) || error.details.obstacles === undefined) return;
  const { obstacles } = error.details;
  process.stdout.write(`${JSON.stringify({ runs: false, obstacles }, null, 2)}\n`);
}

export const inspectCommand: Command = {
  summary: 'describe a model',
  help: HELP,
  async run(args) {
    const parsed = parse(
      args,
      { json: { type: 'boolean' }, ...MODEL_OPTIONS, ...PICTURE_OPTIONS },
      ['MODEL'],
    );
    const metadata = toMetadata(pictureArguments(parsed));
    const core = await openCore();
    const source = await modelSource(parsed.positionals[0] as string);
    const info = await core.inspect(source, metadata, modelChoices(parsed)).catch((error) => {
      if (parsed.values.json) printObstacles(error);
      throw error;
    });
    if (parsed.values.json) {
      process.stdout.write(`${JSON.stringify(info, null, 2)}\n`);
      return;
    }
    const header = ['operator', 'name', 'runs', 'output', ''];
    process.stdout.write(
      `${table(facts(info))}\n${remarks(info)}${table([header, ...info.nodes.map(nodeRow)])}`,
    );
  },
};
