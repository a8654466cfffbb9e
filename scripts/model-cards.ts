// Writes a card for every shipped model: `npm run cards`.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from './lib/log.mjs';
import { DIST, ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { cardText, type ModelFacts } from './zoo/card.ts';
import { readZoo, type ZooModel } from './zoo/models.ts';
import { readScores } from './zoo/scores.ts';
import { modelTable, replaceModels } from './zoo/table.ts';

const HELP = `npm run cards [-- OPTIONS]

Writes models/NAME.md for every shipped model and the table of models in models/README.md: facts from the file, scores from models/scores.json
(\`npm run eval:zoo\` writes it), what its family has in common from models/cards/. Needs \`npm run build\`.

  --check   write nothing: fail unless the cards are as they would be written
  --help    this text
`;

const MODELS = join(ROOT, 'models');
const CLI = join(DIST, 'cli', 'tessera.mjs');
/** What models/cards/NAME.webp shows, by family. */
const CROPS: Readonly<Record<string, string>> = {
  photo: `"singaporean-cityscape" of the CC0 backgrounds of BuddiesOfBudgie, reduced to a
quarter first; it is one of the training images.`,
  restore: `"singaporean-cityscape" of the CC0 backgrounds of BuddiesOfBudgie, reduced to a
quarter first and damaged as \`--degrade web\` does; it is one of the training images.`,
  text: 'made-up words that `train/render_text.py --held-out` rendered.',
};

async function inspect(file: string): Promise<ModelFacts> {
  const { stdout } = await run(process.execPath, [CLI, 'inspect', '--json', file]);
  return JSON.parse(stdout);
}

/** The comment at the top of a recipe. */
function purposeOf(name: string): string {
  const recipe = readFileSync(join(MODELS, 'train', 'configs', `${name}.toml`), 'utf8');
  const lines = recipe.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines
    .slice(0, end)
    .map((line) => line.slice(2))
    .join(' ');
}

function cardOf(model: ZooModel, facts: ModelFacts): string {
  const rows = readScores().filter((row) => row.model === model.name);
  if (rows.length === 0) throw new UserError(`${model.name} has no scores: npm run eval:zoo`);
  const family = model.name.slice(0, model.name.indexOf('-'));
  return cardText({
    model,
    facts,
    purpose: purposeOf(model.name),
    rows,
    family: readFileSync(join(MODELS, 'cards', `${family}.md`), 'utf8'),
    crop: existsSync(join(MODELS, 'cards', `${model.name}.webp`))
      ? `Bicubic, this model, original: ${CROPS[family]}`
      : undefined,
    hasCurve: existsSync(join(MODELS, 'float', model.name, 'curve.png')),
  });
}

/** @throws UserError when the file only is to be checked, and is another. */
function writeOrCheck(name: string, text: string, check = false): void {
  const path = join(MODELS, name);
  if (!check) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    throw new UserError(`models/${name} is not what \`npm run cards\` writes`);
  }
  log(`models/${name}`);
}

await runMain(async () => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const entries: { model: ZooModel; facts: ModelFacts }[] = [];
  for (const model of readZoo()) entries.push({ model, facts: await inspect(model.file) });
  const files = new Map(
    entries.map(({ model, facts }) => [`${model.name}.md`, cardOf(model, facts)]),
  );
  const readme = readFileSync(join(MODELS, 'README.md'), 'utf8');
  files.set('README.md', replaceModels(readme, modelTable(entries)));
  for (const [name, text] of files) writeOrCheck(name, text, values.check);
});
