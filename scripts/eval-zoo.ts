// Measures every shipped model, beside its float parent and bicubic: `npm run eval:zoo`.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { DIST, ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { findTrainingPython } from './setup/training.mjs';
import { measureModel, type Row } from './zoo/measure.ts';
import { type ImageSet, readZoo, type ZooModel } from './zoo/models.ts';
import { mergeScores, readScores, writeScores } from './zoo/scores.ts';
import { replaceScores, scoreTable, tableDifference } from './zoo/table.ts';

const HELP = `npm run eval:zoo [-- OPTIONS]

Measures every model of models/manifest.json, and the float network it comes from, as \`tessera eval\`
does, and writes the table of scores in models/README.md and models/scores.json. Models named restore-* are measured on
damaged images of B100, models named text-* on pages that models/train/render_text.py renders, all
others on Set5, Set14 and B100. Needs \`npm run build\`.

  --data DIR     has Set5, Set14 and B100, or a folder eval/ with them (default data)
  --model NAME   only this model; the others keep the scores they have
  --limit N      only the first N images of each set; leaves the file alone
  --workers N    threads (default: all cores, at most 8)
  --json         print {"rows": [...]}, and leave the file alone
  --check        measure nothing: fail unless the table has the manifest's models and sets
  --help         this text
`;

const README = join(ROOT, 'models', 'README.md');
const RENDERED_PAGES = 20;
const RENDERED_SEED = 1;

function wholeNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UserError(`${option} takes a whole number of at least 1, not '${text}'`);
}

function check(): void {
  const difference = tableDifference(readFileSync(README, 'utf8'), readZoo());
  if (difference === undefined) return;
  throw new UserError(`models/README.md: ${difference}; run \`npm run eval:zoo -- --data DIR\``);
}

/** Renders the pages that text models are measured on. */
async function renderPages(folder: string): Promise<void> {
  const python = findTrainingPython();
  if (python === null) {
    throw new UserError('text models need Python with Pillow: node scripts/setup.mjs --training');
  }
  const options = ['--count', String(RENDERED_PAGES), '--seed', String(RENDERED_SEED)];
  const command = ['-m', 'models.train.render_text', '--held-out', '--output', folder];
  await run(python, [...command, ...options], { cwd: ROOT });
}

/** The folder of a benchmark; all must be there before hours of measuring begin. */
function benchmarkFolder(data: string, name: string): string {
  const folder = [join(data, 'eval', name), join(data, name)].find(existsSync);
  if (folder !== undefined) return folder;
  throw new UserError(`there is no folder ${name} in ${data}: give the images with --data DIR`);
}

/** Measures all models, with rendered pages in a folder that is removed afterwards. */
async function measureAll(
  models: readonly ZooModel[],
  data: string,
  limit: number | undefined,
  workers: number | undefined,
): Promise<Row[]> {
  const sets = models.flatMap((model) => model.sets);
  const pages = await mkdtemp(join(tmpdir(), 'tessera-pages-'));
  try {
    if (sets.some(({ source }) => source === 'rendered')) await renderPages(pages);
    const folderOf = ({ source }: ImageSet) =>
      source === 'rendered' ? pages : benchmarkFolder(data, source);
    sets.forEach(folderOf);
    const rows: Row[] = [];
    for (const model of models) {
      rows.push(...(await measureModel(model, { folderOf, limit, workers, report: log })));
    }
    return rows;
  } finally {
    await rm(pages, { recursive: true });
  }
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: join(ROOT, 'data') },
      model: { type: 'string' },
      limit: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'boolean' },
      check: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.check) {
    check();
    return;
  }
  const limit = wholeNumber(values.limit, '--limit');
  const workers = wholeNumber(values.workers, '--workers');
  if (!existsSync(join(DIST, 'wasm'))) throw new UserError('dist/ is not built: npm run build');
  const models = readZoo(values.model);
  const rows = await measureAll(models, values.data, limit, workers);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ rows })}\n`);
    return;
  }
  process.stdout.write(`${scoreTable(models, rows)}\n`);
  // Scores of some images must not stand where those of all are expected.
  if (limit !== undefined) return;
  const all = readZoo();
  const scores = mergeScores(all, readScores(), rows);
  const table = scoreTable(all, scores);
  writeFileSync(README, replaceScores(readFileSync(README, 'utf8'), table));
  writeScores(scores);
  log(`written to ${README} and models/scores.json`);
});
