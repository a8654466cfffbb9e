// The scores of all shipped models, as measured last: models/scores.json.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import type { Row } from './measure.ts';

const PATH = join(ROOT, 'models', 'scores.json');

export function readScores(): Row[] {
  return existsSync(PATH) ? JSON.parse(readFileSync(PATH, 'utf8')).rows : [];
}

export function writeScores(rows: readonly Row[]): void {
  writeFileSync(PATH, `${JSON.stringify({ rows }, null, 2)}\n`);
}
