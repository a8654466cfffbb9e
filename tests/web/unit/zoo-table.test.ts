// The table of scores that `npm run eval:zoo` writes.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { marksOf } from '../../../scripts/lib/generated-part.ts';
import { UserError } from '../../../scripts/lib/log.mjs';
import type { Row } from '../../../scripts/zoo/measure.ts';
import { readZoo, setsOf, type ZooModel } from '../../../scripts/zoo/models.ts';
import { mergeScores } from '../../../scripts/zoo/scores.ts';
import {
  modelTable,
  replaceModels,
  replaceScores,
  scoreTable,
  tableDifference,
} from '../../../scripts/zoo/table.ts';

const empty = (command: string) => `# Before\n\n${marksOf(command).join('\n')}\n\nAfter\n`;
const EMPTY = empty('npm run eval:zoo');

function zoo(names: string[], aliases: Record<string, string> = {}): ZooModel[] {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-zoo-'));
  try {
    mkdirSync(join(folder, 'float'));
    const manifest: Record<string, unknown> = { aliases };
    for (const name of names) {
      manifest[name] = { file: `${name}.onnx`, scale: 2 };
      writeFileSync(join(folder, 'float', `${name}.onnx`), '');
    }
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    return readZoo(undefined, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rowsOf = (models: ZooModel[]): Row[] =>
  models.flatMap(({ name, scale, sets }) =>
    sets.map((set) => ({
      ...{ model: name, set: set.name, scale, psnr_y: 37.094, ssim_y: 0.95694 },
      ...{ float_psnr_y: 37.13, bicubic_psnr_y: 33.678 },
    })),
  );

test('a model is measured on what it is for', () => {
  assert.deepEqual(
    setsOf('photo-x4-tiny').map(({ name }) => name),
    ['Set5', 'Set14', 'B100'],
  );
  assert.deepEqual(setsOf('restore-x2'), [{ name: 'B100-web', source: 'B100', degraded: true }]);
  assert.deepEqual(setsOf('text-x2'), [{ name: 'text', source: 'rendered', degraded: false }]);
});

test('the table is written between its markers, over and over', () => {
  const models = zoo(['photo-x2', 'text-x2'], { photo: 'photo-x2' });
  const table = scoreTable(models, rowsOf(models));
  assert.match(
    table,
    /^\| `photo-x2` \(also `photo`\) \| 2 \| Set5 \| 37\.09 \| 0\.9569 \| 37\.13 \| 33\.68 \|$/m,
  );
  const once = replaceScores(EMPTY, table);
  assert.ok(once.startsWith('# Before\n') && once.endsWith('\nAfter\n') && once.includes(table));
  assert.equal(replaceScores(once, table), once);
  assert.equal(tableDifference(once, models), undefined);
});

test('the table of models has what each one costs', () => {
  const [model] = zoo(['photo-x2'], { photo: 'photo-x2' });
  const facts = { fileBytes: 57095, parameters: 50796, multiplicationsPerPixel: 50400 };
  const table = modelTable([
    { model: model as ZooModel, facts: { ...facts, overlap: 7, border: 2, licence: 'Apache-2.0' } },
  ]);
  const line =
    '| `photo-x2` (also `photo`) | 57 kB | 2 | 50,796 | 50,400 | [photo-x2.md](photo-x2.md) |';
  assert.equal(table.split('\n').at(-1), line);
  assert.ok(replaceModels(empty('npm run cards'), table).includes(line));
});

test('differences are found', () => {
  const models = zoo(['photo-x2', 'restore-x2']);
  const text = replaceScores(EMPTY, scoreTable(models, rowsOf(models)));
  assert.match(String(tableDifference(EMPTY, models)), /columns/);
  assert.match(String(tableDifference(text.replace('SSIM-Y', 'SSIM'), models)), /columns/);
  assert.match(
    String(tableDifference(text, zoo(['photo-x2', 'restore-x2', 'text-x2']))),
    /no line for .*text-x2/,
  );
  assert.match(String(tableDifference(text, zoo(['photo-x2']))), /for .*restore-x2.*call for/);
  assert.match(
    String(tableDifference(text, zoo(['photo-x2', 'restore-x2'], { photo: 'photo-x2' }))),
    /also `photo`/,
  );
  assert.throws(() => tableDifference('no markers', models), UserError);
});

test('unknown models and missing parents are named', () => {
  assert.throws(() => readZoo('nothing'), /no model nothing; there are photo-x2/);
  const folder = mkdtempSync(join(tmpdir(), 'tessera-zoo-'));
  writeFileSync(join(folder, 'manifest.json'), '{"lonely":{"file":"lonely.onnx","scale":2}}');
  assert.throws(() => readZoo(undefined, folder), /float parent .*lonely\.onnx is missing/);
  rmSync(folder, { recursive: true });
});

test('scores of other models are kept, in the order of the models', () => {
  const models = zoo(['photo-x2', 'photo-x3', 'text-x2']);
  const saved = rowsOf(models).filter(({ model }) => model !== 'photo-x3');
  const measured = rowsOf(models.slice(1, 2)).map((row) => ({ ...row, psnr_y: 1 }));
  const scores = mergeScores(models, [...saved, ...rowsOf(zoo(['gone']))], measured);
  assert.deepEqual(
    scores.map(({ model, psnr_y }) => [model, psnr_y]),
    [
      ...Array(3).fill(['photo-x2', 37.094]),
      ...Array(3).fill(['photo-x3', 1]),
      ['text-x2', 37.094],
    ],
  );
});
