// Any size of the result: the network's own result, reduced as if it had been in one piece.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RawImage, TargetSize, Upscaler } from '../../../web/src/index.ts';
import type { TesseraModule } from '../../../web/src/worker/wasm-module.ts';
import { type CoreModule, loadCore } from '../support/core.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { Random } from '../support/random.ts';

let upscaler: Upscaler;
let core: CoreModule & Pick<TesseraModule, 'resizeBicubic'>;

before(async () => {
  upscaler = await openUpscaler({ model: 'photo-x2-tiny' });
  core = (await loadCore('simd')) as typeof core;
});

after(() => upscaler.dispose());

function picture(width: number, height: number, alpha: boolean): RawImage {
  const random = new Random(3);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) {
    data[i] = i % 4 === 3 && !alpha ? 255 : random.integer(0, 255);
  }
  return { data, width, height };
}

/** The whole image reduced in one piece. */
function reduced({ data, width, height }: RawImage, to: { width: number; height: number }) {
  const source = core.allocate(data.length);
  const target = core.allocate(to.width * to.height * 4);
  core.HEAPU8.set(data, source);
  assert.equal(core.resizeBicubic(source, width, height, target, to.width, to.height).code, 'OK');
  const bytes = core.HEAPU8.slice(target, target + to.width * to.height * 4);
  core.release(source);
  core.release(target);
  return bytes;
}

const same = (a: Uint8Array | Uint8ClampedArray, b: Uint8Array | Uint8ClampedArray) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;

const targets: [TargetSize, number, number][] = [
  [{ scale: 1.5 }, 165, 120],
  [{ scale: 1 }, 110, 80],
  [{ width: 219 }, 219, 159],
  [{ width: 130, height: 155, fit: 'fill' }, 130, 155],
  [{ maxPixels: 12_000 }, 128, 93],
];

for (const [wanted, width, height] of targets) {
  for (const alpha of [false, true]) {
    test(`${JSON.stringify(wanted)}, ${alpha ? 'with' : 'without'} transparency, is the whole reduced, whatever the tiles`, async () => {
      const image = picture(110, 80, alpha);
      const full = await upscaler.upscale(image, { output: 'raw' });
      const expected = reduced(full, { width, height });
      for (const tileSize of [undefined, 64, 52]) {
        const found = await upscaler.upscale(image, { output: 'raw', tileSize, ...wanted });
        assert.deepEqual([found.width, found.height], [width, height]);
        assert.ok(same(found.data, expected), `tile size ${tileSize}`);
      }
    });
  }
}

test('beyond its scale the network runs twice', async () => {
  const image = picture(40, 30, false);
  const twice = await upscaler.upscale(await upscaler.upscale(image, { output: 'raw' }), {
    output: 'raw',
  });
  const four = await upscaler.upscale(image, { output: 'raw', scale: 4 });
  assert.ok(same(four.data, twice.data));
  const three = await upscaler.upscale(image, { output: 'raw', scale: 3 });
  assert.ok(same(three.data, reduced(twice, { width: 120, height: 90 })));
  await assert.rejects(upscaler.upscale(image, { scale: 4.5 }), RangeError);
});

test('cover is the middle of what contain would be in a larger box', async () => {
  const image = picture(110, 80, false);
  const wide = await upscaler.upscale(image, { output: 'raw', height: 120 });
  const middle = await upscaler.upscale(image, {
    output: 'raw',
    width: 101,
    height: 120,
    fit: 'cover',
    tileSize: 52,
  });
  assert.deepEqual([wide.width, middle.width, middle.height], [165, 101, 120]);
  for (let y = 0; y < 120; y++) {
    const expected = wide.data.subarray((y * 165 + 32) * 4, (y * 165 + 32 + 101) * 4);
    assert.ok(same(middle.data.subarray(y * 404, (y + 1) * 404), expected), `row ${y}`);
  }
});

test('tiles() covers the size that is asked for, from the focus outwards', async () => {
  const image = picture(110, 80, false);
  const expected = await upscaler.upscale(image, { output: 'raw', scale: 1.5 });
  const places: number[] = [];
  const found = new Uint8ClampedArray(expected.data.length);
  const options = { scale: 1.5, tileSize: 52, focus: { x: 110, y: 80 } };
  // Of several workers any may be the first to end.
  await using single = await openUpscaler({ model: 'photo-x2-tiny', workers: 1 });
  for await (const tile of single.tiles(image, options)) {
    places.push(tile.index);
    for (let y = 0; y < tile.height; y++) {
      const row = tile.data.subarray(y * tile.width * 4, (y + 1) * tile.width * 4);
      found.set(row, ((tile.y + y) * expected.width + tile.x) * 4);
    }
  }
  assert.ok(same(found, expected.data));
  assert.ok(places.length > 3);
  assert.equal(places[0], places.length - 1, 'the focused tile comes first');
});

test('a patch has the scale of the network', async () => {
  await assert.rejects(upscaler.upscalePatch(picture(8, 8, false), { scale: 1.5 }), TypeError);
});

test('two ways to say a size are refused', async () => {
  await assert.rejects(upscaler.upscale(picture(8, 8, false), { scale: 1.5, width: 12 }), {
    name: 'RangeError',
    message: /one size/,
  });
});

test('a later call of the same key takes the place of the earlier', async () => {
  const image = picture(300, 300, false);
  const other = upscaler.upscale(image, { output: 'raw', key: 'other' });
  const first = upscaler.upscale(image, { output: 'raw', key: 'view' });
  const second = upscaler.upscale(image, { output: 'raw', key: 'view' });
  await assert.rejects(first, { name: 'AbortError', message: /'view'/ });
  assert.equal((await second).width, 600);
  assert.equal((await other).width, 600);
});

test('a paused upscaler starts no tiles, and goes on', async () => {
  const image = picture(60, 60, false);
  upscaler.pause();
  let done = false;
  const run = upscaler.upscale(image, { output: 'raw' }).then((result) => {
    done = true;
    return result;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(done, false);
  upscaler.resume();
  assert.equal((await run).width, 120);
});

test('an estimate knows the size, and whether the network runs twice', async () => {
  const size = { width: 300, height: 200 };
  const plain = await upscaler.estimate(size);
  const less = await upscaler.estimate({ ...size, target: { width: 450 } });
  assert.deepEqual([less.outputWidth, less.outputHeight, less.output], [450, 300, 450 * 300 * 4]);
  const twice = await upscaler.estimate({ ...size, target: { scale: 3 } });
  assert.deepEqual([twice.outputWidth, twice.outputHeight], [900, 600]);
  assert.ok(twice.multiplications > 4 * plain.multiplications);
  assert.ok(twice.total > plain.total + twice.output - plain.output);
  assert.ok(twice.tiles > plain.tiles);
  await assert.rejects(upscaler.estimate({ ...size, target: { scale: 5 } }), RangeError);
});

test('progress is of both runs, and the tiles it tells of are the result', async () => {
  const seen: number[] = [];
  let pixels = 0;
  const { width, height } = await upscaler.upscale(picture(110, 80, false), {
    output: 'raw',
    scale: 3,
    tileSize: 64,
    onprogress(fraction, tile) {
      seen.push(fraction);
      if (tile !== undefined) pixels += tile.width * tile.height;
    },
  });
  assert.equal(pixels, width * height);
  assert.ok((seen[0] as number) < 0.1, `begins at ${seen[0]}`);
  assert.ok(seen.every((fraction, i) => i === 0 || fraction > (seen[i - 1] as number)));
  assert.deepEqual([seen.at(-1), seen.indexOf(1)], [1, seen.length - 1]);
});
