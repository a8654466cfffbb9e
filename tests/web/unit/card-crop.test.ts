// The pictures of hard parts in the models' cards.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { cut, parseRectangle, sideBySide } from '../../../scripts/zoo/crop.ts';
import type { RawImage } from '../../../web/src/index.ts';

/** Each pixel's bytes tell where it was. */
function numbered(width: number, height: number, blue = 0): RawImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data.set([i % width, Math.floor(i / width), blue, 255], i * 4);
  }
  return { data, width, height };
}

const pixel = ({ data, width }: RawImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
];

test('a rectangle is four whole numbers', () => {
  assert.deepEqual(parseRectangle('1,0,3,4'), { left: 1, top: 0, width: 3, height: 4 });
  for (const text of ['1,2,3', '1,2,3,4,5', '-1,2,3,4', '1,2,0,4', '1,2,3.5,4', 'a,b,c,d']) {
    assert.throws(() => parseRectangle(text), /--rect takes LEFT,TOP,WIDTH,HEIGHT/, text);
  }
});

test('a part is cut out where it was asked for', () => {
  const part = cut(numbered(9, 7), { left: 4, top: 2, width: 5, height: 5 });
  assert.deepEqual([part.width, part.height], [5, 5]);
  assert.deepEqual(pixel(part, 0, 0), [4, 2, 0]);
  assert.deepEqual(pixel(part, 4, 4), [8, 6, 0]);
  assert.throws(
    () => cut(numbered(9, 7), { left: 5, top: 2, width: 5, height: 5 }),
    /ends at 10,7, beyond the picture's 9x7/,
  );
});

test('panels stand side by side, magnified without smoothing', () => {
  const sheet = sideBySide([numbered(4, 2, 1), numbered(4, 2, 2)], 3, 5);
  assert.deepEqual([sheet.width, sheet.height], [4 * 3 * 2 + 5, 6]);
  assert.deepEqual(pixel(sheet, 2, 2), [0, 0, 1]);
  assert.deepEqual(pixel(sheet, 11, 5), [3, 1, 1]);
  assert.deepEqual(pixel(sheet, 12, 0), [255, 255, 255]);
  assert.deepEqual(pixel(sheet, 16, 5), [255, 255, 255]);
  assert.deepEqual(pixel(sheet, 17, 0), [0, 0, 2]);
  assert.deepEqual(pixel(sheet, 28, 3), [3, 1, 2]);
});

test('the script shows bicubic, model and original, in this order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-crop-'));
  const image = join(DIST, 'demo', 'sample.webp');
  const part = { left: 100, top: 60, width: 40, height: 30 };
  const crop = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['--import=tsx', 'scripts/model-card-crop.ts', '--image', image, ...args],
      { cwd: ROOT, encoding: 'utf8' },
    );
  try {
    const out = join(folder, 'crop.webp');
    const { status, stderr, stdout } = crop('--rect', '100,60,40,30', '--out', out, '--json');
    assert.equal(status, 0, stderr);
    const { width, height, bytes } = JSON.parse(stdout);
    assert.deepEqual([width, height], [40 * 3 * 3 + 12, 90]);
    assert.ok(bytes > 1000 && bytes < 40000);
    const panel = (number: number) =>
      sharp(out)
        .extract({ left: number * 126, top: 0, width: 120, height: 90 })
        .resize(40, 30, { kernel: 'nearest' })
        .raw()
        .toBuffer();
    const truth = await sharp(image).extract(part).removeAlpha().raw().toBuffer();
    const [bicubic, model, original] = await Promise.all([0, 1, 2].map(panel));
    assert.deepEqual(original, truth);
    const error = (other: Buffer = Buffer.alloc(0)) =>
      truth.reduce((sum, value, i) => sum + (value - (other[i] as number)) ** 2, 0);
    assert.ok(error(model) > 0 && error(model) < error(bicubic));

    const wrong = crop('--rect', '420,0,40,30', '--out', join(folder, 'wrong.png'));
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /beyond the picture's 432x324/);
    assert.deepEqual(await readdir(folder), ['crop.webp']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
