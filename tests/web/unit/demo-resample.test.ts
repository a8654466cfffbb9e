// The interpolations that the demo compares networks with.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  type KernelName,
  type Part,
  type Pixels,
  resamplePart,
} from '../../../web/demo/compare/resample.ts';
import type { TesseraModule } from '../../../web/src/worker/wasm-module.ts';
import { type CoreModule, loadCore } from '../support/core.ts';
import { Random } from '../support/random.ts';

let core: CoreModule & Pick<TesseraModule, 'resizeBicubic'>;

before(async () => {
  core = (await loadCore()) as typeof core;
});

function picture(width: number, height: number, alpha = false): Pixels {
  const random = new Random(7);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < data.length; i++) {
    data[i] = i % 4 === 3 && !alpha ? 255 : random.integer(0, 255);
  }
  return { data, width, height };
}

/** Gives a part, as getImageData does. */
function reader({ data, width }: Pixels): (part: Part) => Pixels {
  return (part) => {
    const rows = Array.from({ length: part.height }, (_, row) => {
      const start = 4 * ((part.y + row) * width + part.x);
      return [...data.subarray(start, start + 4 * part.width)];
    });
    return { ...part, data: Uint8ClampedArray.from(rows.flat()) };
  };
}

const whole = (name: KernelName, source: Pixels, width: number, height: number) =>
  resamplePart(name, source, { width, height }, { x: 0, y: 0, width, height }, reader(source));

test("bicubic is the core's, which is that of the papers", () => {
  const source = picture(23, 17);
  const [width, height] = [69, 34];
  const from = core.allocate(source.data.length);
  const to = core.allocate(4 * width * height);
  core.HEAPU8.set(source.data, from);
  assert.equal(core.resizeBicubic(from, 23, 17, to, width, height).code, 'OK');
  const expected = core.HEAPU8.subarray(to, to + 4 * width * height);
  const found = whole('bicubic', source, width, height);
  const most = Math.max(...found.map((value, i) => Math.abs(value - (expected[i] as number))));
  assert.ok(most <= 1, `${most} levels`);
});

for (const name of ['bicubic', 'lanczos'] as const) {
  test(`${name}: what is even stays even, and a part is that of the whole`, () => {
    const even = { data: new Uint8ClampedArray(4 * 35).fill(130), width: 7, height: 5 };
    assert.deepEqual(new Set(whole(name, even, 21, 10)), new Set([130]));
    const source = picture(19, 14, true);
    const size = { width: 57, height: 28 };
    const all = { ...size, data: whole(name, source, size.width, size.height) };
    for (const [x, y, width, height] of [
      [0, 0, 9, 5],
      [13, 8, 20, 11],
      [50, 20, 7, 8],
    ] as const) {
      const part = { x, y, width, height };
      const found = resamplePart(name, source, size, part, reader(source));
      assert.deepEqual(found, reader(all)(part).data);
    }
  });

  test(`${name}: the colour of what cannot be seen does not show`, () => {
    const source = picture(2, 1);
    source.data.set([200, 100, 50, 255, 0, 0, 0, 0]);
    const found = whole(name, source, 8, 1);
    for (let i = 0; i < found.length; i += 4) {
      if ((found[i + 3] as number) < 64) continue;
      assert.ok(Math.abs((found[i] as number) - 200) <= 2, `${found.subarray(i, i + 4)}`);
    }
  });
}

test('lanczos is exact where a source pixel lies, at odd scales', () => {
  const source = picture(11, 9);
  const found = whole('lanczos', source, 33, 27);
  const middle = 4 * ((3 * 4 + 1) * 33 + 3 * 5 + 1);
  assert.deepEqual(
    found.subarray(middle, middle + 4),
    source.data.subarray(4 * (4 * 11 + 5), 4 * (4 * 11 + 6)),
  );
});
