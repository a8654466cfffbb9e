import { loadModel } from '../src/load/model-source.js';
import { toMetadata } from '../src/load/picture-options.js';
import { PICTURE_HELP, PICTURE_OPTIONS, parse, pictureArguments, text } from './arguments.js';
import type { Command } from './command.js';
import { openCore } from './core.js';
import { checkOutputPath, writeWhole } from './images.js';
import { withMetadata } from './metadata-file.js';
import { FILE_CONTEXT, MODELS_URL, modelSource } from './models.js';
import { UsageError } from './usage-error.js';

const HELP = `Usage: tessera annotate MODEL --output FILE [options]

Writes what pixels are to a network into its file, so that nobody has to say it again. The rest of
the file stays as it is, byte for byte.

  -o, --output FILE       the ONNX file to write
      --name NAME         what the model is called
${PICTURE_HELP}  -h, --help              print this
`;

export const annotateCommand: Command = {
  summary: 'write ranges, colours and the like into a model file',
  help: HELP,
  async run(args) {
    const options = {
      ...PICTURE_OPTIONS,
      output: { type: 'string', short: 'o' },
      name: { type: 'string' },
    } as const;
    const parsed = parse(args, options, ['MODEL']);
    const model = parsed.positionals[0] as string;
    const output = text(parsed, 'output');
    if (output === undefined) throw new UsageError('missing option: --output FILE');
    const name = text(parsed, 'name');
    const metadata = {
      ...(name === undefined ? {} : { 'tessera.name': name }),
      ...toMetadata(pictureArguments(parsed)),
    };
    if (Object.keys(metadata).length === 0) throw new UsageError('there is nothing to write');
    await checkOutputPath(model, output);
    const source = await modelSource(model);
    const { bytes } = await loadModel(source, MODELS_URL, FILE_CONTEXT);
    // Before anything is written: a file that the core cannot read gets no name.
    const { notRunnableBecause } = await (await openCore()).inspect(source, metadata);
    if (notRunnableBecause !== '') throw new UsageError(notRunnableBecause);
    await writeWhole(output, withMetadata(bytes, metadata));
    const entries = Object.entries(metadata).map(([key, value]) => `${key} = ${value}\n`);
    process.stdout.write(entries.join(''));
  },
};
