// Results as streams: the same pixels as in memory, written while they are read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { RawImage, UpscaleOptions, Upscaler } from '../../../web/src/index.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { Random } from '../support/random.ts';

let upscaler: Upscaler;

before(async () => {
  upscaler = await openUpscaler({ model: 'photo-x2-tiny' });
});

after(() => upscaler.dispose());

function picture(width: number, height: number, alpha = false): RawImage {
  const random = new Random(11);
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 && !alpha ? 255 : random.integer(0, 255),
  );
  return { data, width, height };
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

const open = (image: RawImage, type: string, more: UpscaleOptions = {}) =>
  upscaler.upscale(image, { ...more, output: 'stream', type, tileSize: 64 });

const raw = (image: RawImage, more: UpscaleOptions = {}) =>
  upscaler.upscale(image, { ...more, output: 'raw' });

/** RGBA bytes of a BMP that begins at the top. */
function readBmp(file: Buffer): { width: number; height: number; data: Buffer } {
  assert.equal(file.toString('latin1', 0, 2), 'BM');
  assert.equal(file.readUInt32LE(2), file.length);
  const [offset, width, height] = [
    file.readUInt32LE(10),
    file.readInt32LE(18),
    file.readInt32LE(22),
  ];
  const channels = file.readUInt16LE(28) / 8;
  const rowBytes = Math.ceil((width * channels) / 4) * 4;
  const data = Buffer.alloc(width * -height * 4, 255);
  for (let y = 0; y < -height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [offset + y * rowBytes + x * channels, (y * width + x) * 4];
      data[to] = file[from + 2] as number;
      data[to + 1] = file[from + 1] as number;
      data[to + 2] = file[from] as number;
      if (channels === 4) data[to + 3] = file[from + 3] as number;
    }
  }
  return { width, height: -height, data };
}

for (const alpha of [false, true]) {
  for (const size of [{}, { scale: 1.5 }, { width: 131, height: 131, fit: 'cover' }] as const) {
    const title = `${alpha ? 'transparent' : 'opaque'}, ${JSON.stringify(size)}`;
    test(`a stream has the pixels of the result in memory (${title})`, async () => {
      const image = picture(151, 130, alpha);
      const expected = await raw(image, size);
      const pixels = Buffer.from(expected.data);

      const rows = await bytesOf(await open(image, 'application/octet-stream', size));
      assert.equal(Buffer.compare(rows, pixels), 0);

      const png = sharp(await bytesOf(await open(image, 'image/png', size)));
      const { width, height, channels } = await png.metadata();
      assert.deepEqual([width, height], [expected.width, expected.height]);
      assert.equal(channels, alpha ? 4 : 3);
      assert.equal(Buffer.compare(await png.ensureAlpha().raw().toBuffer(), pixels), 0);

      const bmp = readBmp(await bytesOf(await open(image, 'image/bmp', size)));
      assert.deepEqual([bmp.width, bmp.height], [expected.width, expected.height]);
      assert.equal(Buffer.compare(bmp.data, pixels), 0);
    });
  }
}

test('a PNG of Display P3 says so', async () => {
  const png = await bytesOf(
    await open({ ...picture(9, 7), colorSpace: 'display-p3' }, 'image/png'),
  );
  const at = png.indexOf('cICP');
  assert.deepEqual([...png.subarray(at + 4, at + 8)], [12, 13, 0, 1]);
  assert.equal(png.indexOf('sRGB'), -1);
});

test('a PNG is smaller than its pixels where they resemble each other', async () => {
  const image = picture(100, 80);
  for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : (i / 400) % 256;
  const png = await bytesOf(await open(image, 'image/png'));
  assert.ok(png.length < 200 * 160, `${png.length}`);
});

test('a host without a canvas has blob and base64 too, as PNG or BMP', async () => {
  for (const alpha of [false, true]) {
    const image = picture(37, 21, alpha);
    const pixels = Buffer.from((await raw(image)).data);
    const blob = await upscaler.upscale(image, { output: 'blob' });
    assert.equal(blob.type, 'image/png');
    const file = Buffer.from(await blob.arrayBuffer());
    assert.equal(Buffer.compare(await sharp(file).ensureAlpha().raw().toBuffer(), pixels), 0);
    const bmp = await upscaler.upscale(image, { output: 'blob', type: 'image/bmp' });
    assert.equal(Buffer.compare(readBmp(Buffer.from(await bmp.arrayBuffer())).data, pixels), 0);
    const address = await upscaler.upscale(image, { output: 'base64' });
    assert.equal(address, `data:image/png;base64,${file.toString('base64')}`);
  }
  for (const more of [{ type: 'image/jpeg' }, { background: 'red' }]) {
    await assert.rejects(upscaler.upscale(picture(5, 5), { ...more, output: 'blob' }), {
      code: 'ERR_UNSUPPORTED',
      message: /no canvas.*image\/png/,
    });
  }
});

test('nothing runs before somebody reads, and no more than two rows of tiles ahead', async () => {
  let tiles = 0;
  let count = 0;
  const stream = await open(picture(200, 1200), 'application/octet-stream', {
    onprogress(_, tile) {
      if (tile === undefined) return;
      tiles++;
      count = tile.count;
    },
  });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
  await pause();
  assert.equal(tiles, 0);
  const reader = stream.getReader();
  await reader.read();
  await pause();
  const ahead = tiles;
  await pause();
  assert.equal(tiles, ahead);
  assert.ok(ahead < count / 3, `${ahead} of ${count}`);
  await reader.cancel();
  await pause();
  assert.ok(tiles <= ahead + 2, 'cancelling ends the run');
});

test('an abort fails the stream at once, also while nobody reads', async () => {
  for (const reading of [false, true]) {
    const stopper = new AbortController();
    const stream = await open(picture(300, 900), 'image/png', { signal: stopper.signal });
    const reader = stream.getReader();
    for (let i = 0; i < 4; i++) await reader.read();
    const next = reading ? reader.read() : undefined;
    const begun = performance.now();
    stopper.abort(new Error('enough'));
    await assert.rejects(next ?? reader.read(), { message: 'enough' });
    assert.ok(performance.now() - begun < 1000);
    await assert.rejects(reader.closed, { message: 'enough' });
  }
  assert.equal((await raw(picture(10, 10))).width, 20);
});

test('what progress throws, and dispose, fail the stream too', async () => {
  const failing = await open(picture(50, 50), 'image/png', {
    onprogress() {
      throw new Error('no');
    },
  });
  await assert.rejects(bytesOf(failing), { message: 'no' });
  const other = await openUpscaler({ model: 'photo-x2-tiny' });
  const stream = await other.upscale(picture(50, 50), { output: 'stream' });
  await other.dispose();
  await assert.rejects(bytesOf(stream), { code: 'ERR_DISPOSED' });
});

test('a stream of another type is refused', async () => {
  await assert.rejects(open(picture(5, 5), 'image/webp'), { name: 'RangeError', message: /type/ });
});

test('estimate() knows what each form needs', async () => {
  const size = { width: 1000, height: 800 };
  const pixels = 2000 * 1600 * 4;
  const output = async (kind?: 'raw' | 'blob' | 'stream') =>
    (await upscaler.estimate({ ...size, output: kind })).output;
  assert.deepEqual(
    [await output(), await output('raw'), await output('blob')],
    [pixels, pixels, 3 * pixels],
  );
  assert.ok((await output('stream')) < pixels);
  const long = await upscaler.estimate({ width: 1000, height: 80_000, output: 'stream' });
  assert.ok(long.output < 16e6, `${long.output}`);
});
