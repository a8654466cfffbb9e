// A hard part of a picture for a model's card: bicubic, model, original.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { BASE_URL } from '../tests/web/support/node-upscaler.ts';
import { openCore } from '../web/cli/core.ts';
import { cropToMultiple } from '../web/cli/evaluation.ts';
import { readImageFile } from '../web/cli/images.ts';
import type { RawImage } from '../web/src/index.ts';
import { log, runMain, UserError } from './lib/log.mjs';
import { parseRectangle, sideBySide, threeParts } from './zoo/crop.ts';
import { readZoo } from './zoo/models.ts';
import { openModel } from './zoo/open-model.ts';

const HELP = `node --import=tsx scripts/model-card-crop.ts --image FILE --rect L,T,W,H --out FILE [OPTIONS]

Reduces a picture, enlarges it again by bicubic and by a model, and puts a part of both beside what it
was, in this order and magnified without smoothing. Pictures that go into the repository must be ones
that may: say in the card whose they are.

  --image FILE      the picture
  --rect L,T,W,H    the part: left, top, width, height in its pixels (after --reduce)
  --out FILE        .webp (lossless) or .png
  --model NAME      a shipped model or an ONNX file (default photo-x2)
  --reduce N        first reduce the picture N times: photos straight from cameras are soft
  --degrade web     damage the small picture as \`tessera eval --degrade web\` does
  --seed N          of that damage (default 1)
  --zoom N          edge of a pixel (default 3)
  --json            print what was written as JSON
  --help            this text
`;

const GAP = 6;

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UserError(`${option} takes a whole number of at least 1, not '${text}'`);
}

function required(text: string | undefined, option: string): string {
  if (text === undefined) throw new UserError(`${option} is missing\n\n${HELP}`);
  return text;
}

async function write({ data, width, height }: RawImage, path: string): Promise<number> {
  const image = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();
  const encoded = path.endsWith('.png')
    ? image.png({ compressionLevel: 9 })
    : image.webp({ lossless: true, effort: 6 });
  return (await encoded.toFile(path)).size;
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      image: { type: 'string' },
      rect: { type: 'string' },
      out: { type: 'string' },
      model: { type: 'string', default: 'photo-x2' },
      reduce: { type: 'string', default: '1' },
      degrade: { type: 'string' },
      seed: { type: 'string', default: '1' },
      zoom: { type: 'string', default: '3' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const path = required(values.image, '--image');
  const part = parseRectangle(required(values.rect, '--rect'));
  const out = required(values.out, '--out');
  if (!/\.(webp|png)$/.test(out)) throw new UserError('--out ends with .webp or .png');
  if (values.degrade !== undefined && values.degrade !== 'web') {
    throw new UserError(`--degrade takes web, not '${values.degrade}'`);
  }
  const web = values.degrade && { name: basename(path), seed: wholeNumber(values.seed, '--seed') };
  const factor = wholeNumber(values.reduce, '--reduce');
  const zoom = wholeNumber(values.zoom, '--zoom');
  const file = existsSync(values.model) ? values.model : readZoo(values.model)[0]?.file;

  const core = await openCore(BASE_URL);
  const whole = cropToMultiple(await readImageFile(path), factor);
  const picture =
    factor === 1 ? whole : core.resize(whole, whole.width / factor, whole.height / factor);
  const upscaler = await openModel(file as string);
  try {
    const original = cropToMultiple({ ...picture, channels: 4 }, upscaler.model.scale);
    const panels = await threeParts(core, upscaler, original, part, web || undefined);
    const sheet = sideBySide(panels, zoom, GAP);
    const bytes = await write(sheet, out);
    const { width, height } = sheet;
    log(`${out}: bicubic, ${upscaler.model.name}, original; ${width}x${height}, ${bytes} bytes`);
    const report = { out, model: upscaler.model.name, image: path, part, width, height, bytes };
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await upscaler.dispose();
  }
});
