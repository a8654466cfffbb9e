import { cleanOnnx } from '../src/convert/index.js';
import { loadModel } from '../src/load/model-source.js';
import { toMetadata } from '../src/load/picture-options.js';
import {
  PICTURE_HELP,
  PICTURE_OPTIONS,
  parse,
  pictureArguments,
  positionals,
} from './arguments.js';
import type { Command } from './command.js';
import { openCore } from './core.js';
import { checkOutputPath, writeWhole } from './images.js';
import { withMetadata } from './metadata-file.js';
import { FILE_CONTEXT, MODELS_URL, modelSource } from './models.js';

const HELP = `Usage: tessera convert INPUT OUTPUT [options]

Writes a network as an ONNX file. INPUT is the model.json of a TensorFlow.js layers model or graph
model (the files with its weights lie beside it), a TensorFlow Lite file, or an ONNX file, which
becomes smaller: without documentation, names of nodes and whatever its outputs do not need, and in
one file.

      --float16           round weights to half precision: half the file, computed with as before
      --json              print what was done as JSON
${PICTURE_HELP}  -h, --help              print this
`;

/** What `--json` prints. */
interface Report {
  input: string;
  output: string;
  bytes: number;
  float16: boolean;
  scale: number;
  parameters: number;
  multiplicationsPerPixel: number;
  /** Operators of the file as they run, and how often. */
  operators: Record<string, number>;
  warnings: readonly string[];
}

function print(report: Report): void {
  const lines = [
    `${report.output}: ${report.bytes} bytes, scale ${report.scale}, ${report.parameters} parameters`,
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

export const convertCommand: Command = {
  summary:
    'make an ONNX file of a TensorFlow.js or TensorFlow Lite model, or a smaller one of ONNX',
  help: HELP,
  async run(args) {
    const options = {
      ...PICTURE_OPTIONS,
      float16: { type: 'boolean' },
      json: { type: 'boolean' },
    } as const;
    const parsed = parse(args, options);
    const [input, output] = positionals(parsed, ['INPUT', 'OUTPUT']);
    const metadata = toMetadata(pictureArguments(parsed));
    const float16 = parsed.values.float16 === true;
    await checkOutputPath(input, output);
    const loaded = await loadModel(await modelSource(input), MODELS_URL, FILE_CONTEXT);
    const externalData = new Map(loaded.files.map(({ name, bytes }) => [name, bytes]));
    const clean = cleanOnnx(loaded.bytes, { float16, externalData });
    const file = withMetadata(clean, metadata);
    // Before anything is written: what the core cannot read is no result.
    const info = await (await openCore()).inspect(file, {});
    await writeWhole(output, file);
    const operators: Record<string, number> = {};
    for (const { op } of info.nodes) operators[op] = (operators[op] ?? 0) + 1;
    const { scale, parameters, multiplicationsPerPixel } = info;
    const because = info.notRunnableBecause === '' ? [] : [info.notRunnableBecause];
    const report = {
      ...{ input, output, bytes: file.length, float16, scale, parameters },
      ...{ multiplicationsPerPixel, operators, warnings: [...because, ...info.warnings] },
    };
    if (parsed.values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else print(report);
  },
};
