// Bytes of pictures at full size against those of small ones that are upscaled on arrival:
// `npm run bench:bytes`.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { log, runMain, UserError } from '../scripts/lib/log.mjs';
import { BASE_URL, openUpscaler } from '../tests/web/support/node-upscaler.ts';
import { type Core, openCore } from '../web/cli/core.ts';
import { cropToMultiple } from '../web/cli/evaluation.ts';
import { gmsd } from '../web/cli/gmsd.ts';
import { listImages, readImageFile } from '../web/cli/images.ts';
import type { RawImage, Upscaler } from '../web/src/index.ts';
import { choices, positive } from './lib/options.ts';
import { type Better, type CurveComparison, compareCurves, type Point } from './lib/rate-curves.ts';

const HELP = `npm run bench:bytes -- --data <folder> [OPTIONS]

Encodes photos at full size, and at a half or less of their edges with upscaling after decoding, at many
qualities, and compares the bytes where both arrive with the same PSNR, SSIM or GMSD of the luma. Prints
up to which score small pictures are the cheaper way, and where they are not. Needs \`npm run build\`.

  --data <folder>   photos
  --limit <n>       the first so many of them (default 20)
  --model <path>    a model of the package or an ONNX file (default photo-x2); its scale is what is saved
  --format <list>   jpeg, webp, avif (default all)
  --json            print JSON, all points included
  --help            this text
`;

const OPTIONS = {
  data: { type: 'string' },
  limit: { type: 'string', default: '20' },
  model: { type: 'string', default: 'photo-x2' },
  format: { type: 'string', default: 'jpeg,webp,avif' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const FORMATS = ['jpeg', 'webp', 'avif'] as const;
type Format = (typeof FORMATS)[number];

// From what is barely bearable to what nobody tells from the original.
const QUALITIES: Record<Format, readonly number[]> = {
  jpeg: [5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95],
  webp: [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95],
  avif: [5, 10, 20, 30, 40, 50, 60, 70, 80, 90],
};

const METRICS = ['psnrY', 'ssimY', 'gmsd'] as const;
type Metric = (typeof METRICS)[number];
type Scores = Record<Metric, number>;

const BETTER: Record<Metric, Better> = { psnrY: 'higher', ssimY: 'higher', gmsd: 'lower' };

/** The same for each score. */
const byMetric = <T>(of: (metric: Metric) => T): Record<Metric, T> => ({
  psnrY: of('psnrY'),
  ssimY: of('ssimY'),
  gmsd: of('gmsd'),
});

type Sum = Scores & { bytes: number };

interface FormatReport {
  format: Format;
  /** By quality: full size, and small. */
  full: Record<Metric, Point[]>;
  small: Record<Metric, Point[]>;
  comparison: Record<Metric, CurveComparison | null>;
}

/** The bytes of a picture as a file, and the picture that comes out of it. */
async function roundTrip({ data, width, height }: RawImage, format: Format, quality: number) {
  const raw = { width, height, channels: 4 } as const;
  const settings = format === 'jpeg' ? { quality, mozjpeg: true } : { quality };
  const encoded = await sharp(data, { raw }).removeAlpha().toFormat(format, settings).toBuffer();
  const decoded = await sharp(encoded).ensureAlpha().raw().toBuffer();
  const image: RawImage = { data: new Uint8ClampedArray(decoded), width, height };
  return { bytes: encoded.length, image };
}

/** Measures all qualities of one photo, and adds them to the sums. */
async function addPhoto(
  path: string,
  { core, upscaler, format }: { core: Core; upscaler: Upscaler; format: Format },
  sums: { full: Sum[]; small: Sum[] },
): Promise<void> {
  const { scale } = upscaler.model;
  const original = cropToMultiple(await readImageFile(path), scale);
  const { width, height } = original;
  const reduced = core.resize(original, width / scale, height / scale);
  const score = (image: RawImage): Scores => ({
    ...core.compare(original, image, scale),
    gmsd: gmsd(original, image, scale),
  });
  for (const [i, quality] of QUALITIES[format].entries()) {
    const full = await roundTrip(original, format, quality);
    add(sums.full[i] as Sum, full.bytes, score(full.image));
    const small = await roundTrip(reduced, format, quality);
    const upscaled = await upscaler.upscale(small.image, { output: 'raw' });
    add(sums.small[i] as Sum, small.bytes, score(upscaled));
  }
}

function add(sum: Sum, bytes: number, scores: Scores): void {
  sum.bytes += bytes;
  for (const metric of METRICS) sum[metric] += scores[metric];
}

const emptySums = (format: Format): Sum[] =>
  QUALITIES[format].map(() => ({ bytes: 0, ...byMetric(() => 0) }));

function toPoints(sums: readonly Sum[], photos: number): Record<Metric, Point[]> {
  return byMetric((metric) =>
    sums.map((sum) => ({ bytes: sum.bytes, score: sum[metric] / photos })),
  );
}

async function measureFormat(
  format: Format,
  photos: readonly string[],
  tools: { core: Core; upscaler: Upscaler },
): Promise<FormatReport> {
  const sums = { full: emptySums(format), small: emptySums(format) };
  for (const path of photos) await addPhoto(path, { ...tools, format }, sums);
  log(`${format}: ${photos.length} photos`);
  const full = toPoints(sums.full, photos.length);
  const small = toPoints(sums.small, photos.length);
  const comparison = byMetric((metric) =>
    compareCurves(full[metric], small[metric], BETTER[metric]),
  );
  return { format, full, small, comparison };
}

const show: Record<Metric, (score: number) => string> = {
  psnrY: (score) => `${score.toFixed(2)} dB PSNR-Y`,
  ssimY: (score) => `${score.toFixed(4)} SSIM-Y`,
  gmsd: (score) => `${score.toFixed(4)} GMSD`,
};

/** In words, also where it does not pay. */
function sentence(format: Format, metric: Metric, found: CurveComparison | null): string {
  if (found === null) return `${format}: no ${metric} that both ways reach`;
  const { from, to, average, atWorst, atBest, breakEven } = found;
  const percent = (ratio: number) => `${((ratio - 1) * 100).toFixed(0)} %`;
  const range = `${show[metric](from)} to ${show[metric](to)}`;
  const end =
    breakEven === null
      ? 'small pictures never pay'
      : breakEven === to
        ? 'small pictures pay throughout'
        : `small pictures pay up to ${show[metric](breakEven)}, and no further`;
  return (
    `${format}, ${range}: bytes ${percent(average)} on average ` +
    `(${percent(atWorst)} at the worst, ${percent(atBest)} at the best); ${end}`
  );
}

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.data === undefined) throw new UserError('--data takes a folder of photos');
  const formats = choices(values.format, '--format', FORMATS);
  const photos = (await listImages(values.data)).slice(0, positive(values.limit, '--limit'));
  if (photos.length === 0) throw new UserError(`${values.data} holds no images`);
  const model = values.model.endsWith('.onnx') ? await readFile(values.model) : values.model;
  const upscaler = await openUpscaler({ model });
  try {
    const core = await openCore(BASE_URL);
    const reports: FormatReport[] = [];
    for (const format of formats) {
      reports.push(await measureFormat(format, photos, { core, upscaler }));
    }
    if (values.json) {
      const { scale } = upscaler.model;
      process.stdout.write(
        `${JSON.stringify({ model: values.model, scale, photos: photos.length, formats: reports })}\n`,
      );
    } else {
      const lines = reports.flatMap(({ format, comparison }) =>
        METRICS.map((metric) => sentence(format, metric, comparison[metric])),
      );
      process.stdout.write(`${lines.join('\n')}\n`);
    }
  } finally {
    await upscaler.dispose();
  }
});
