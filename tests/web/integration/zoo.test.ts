// Measuring the shipped models, on pictures made here.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { measureModel } from '../../../scripts/zoo/measure.ts';
import { readZoo, setsOf, type ZooModel } from '../../../scripts/zoo/models.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-zoo-'));
  const sample = sharp(join(DIST, 'demo', 'sample.webp'));
  for (const [i, name] of ['a.png', 'b.png', 'c.png'].entries()) {
    const part = { left: 80 * i, top: 40, width: 121, height: 96 };
    await sample.clone().extract(part).toFile(join(folder, name));
  }
});

after(() => rm(folder, { recursive: true }));

async function measure(model: ZooModel) {
  const lines: string[] = [];
  const report = (text: string) => lines.push(text);
  const rows = await measureModel(model, { folderOf: () => folder, limit: 2, workers: 1, report });
  return { rows, lines };
}

test('a photo model has a row per benchmark, with its parent and bicubic', async () => {
  const model = readZoo('photo-x2')[0] as ZooModel;
  const { rows, lines } = await measure(model);
  assert.deepEqual(
    rows.map(({ model, set, scale }) => [model, set, scale]),
    ['Set5', 'Set14', 'B100'].map((set) => [model.name, set, 2]),
  );
  for (const row of rows) {
    assert.ok(row.psnr_y > row.bicubic_psnr_y + 0.5, JSON.stringify(row));
    assert.ok(row.float_psnr_y !== row.psnr_y && Math.abs(row.float_psnr_y - row.psnr_y) < 0.5);
    assert.ok(row.ssim_y > 0.5 && row.ssim_y < 1);
  }
  assert.equal(lines.length, 6);
  assert.match(lines[0] as string, /photo-x2.* on Set5: 1 of 2/);
});

test('models that restore are measured on damaged pictures, the same ones each time', async () => {
  const photo = readZoo('photo-x2')[0] as ZooModel;
  const model = { ...photo, sets: setsOf('restore-x2') };
  const { rows } = await measure(model);
  const { rows: clean } = await measure({ ...photo, sets: photo.sets.slice(0, 1) });
  assert.deepEqual(rows, (await measure(model)).rows);
  const loss = (clean[0]?.bicubic_psnr_y ?? 0) - (rows[0]?.bicubic_psnr_y ?? 0);
  assert.ok(loss > 0.5, `${loss} dB`);
});
