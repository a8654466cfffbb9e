// The scores of all shipped models, as measured last: models/scores.json.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import type { Row } from './measure.ts';
import type { ZooModel } from './models.ts';

const PATH = join(ROOT, 'models', 'scores.json');

export function readScores(): Row[] {
  return existsSync(PATH) ? JSON.parse(readFileSync(PATH, 'utf8')).rows : [];
}

export function writeScores(rows: readonly Row[]): void {
  writeFileSync(PATH, `${JSON.stringify({ rows }, null, 2)}\n`);
}

/** Scores of the models in their order: those just measured, and the saved ones of the others. */
export function mergeScores(
  models: readonly Pick<ZooModel, 'name'>[],
  saved: readonly Row[],
  measured: readonly Row[],
): Row[] {
  return models.flatMap(({ name }) => {
    const own = measured.filter(({ model }) => model === name);
    return own.length > 0 ? own : saved.filter(({ model }) => model === name);
  });
}
