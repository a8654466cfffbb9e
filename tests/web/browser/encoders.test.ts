// Files out: what a browser would refuse, crop or blacken is found out before the run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, type TestPage } from '../support/pages.ts';

let opened: TestPage;

before(async () => {
  opened = await openPage();
});

after(() => opened.close());

interface Answer {
  name: string;
  code: string;
  message: string;
  /** Tiles that were computed before it failed or ended. */
  tiles: number;
  type: string;
  pixel: number[];
}

/** Upscales a picture of one colour to a file, and reads the file's first pixel again. */
function write(
  options: { type?: string; quality?: number; background?: string },
  [width, height] = [8, 8],
): Promise<Answer> {
  return opened.page.evaluate(
    async ([options, width, height]) => {
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
      const answer = { name: '', code: '', message: '', tiles: 0, type: '', pixel: [] as number[] };
      try {
        const data = new Uint8Array(width * height * 4);
        const blob = await upscaler.upscale(
          { data, width, height },
          { output: 'blob', ...options, onprogress: () => answer.tiles++ },
        );
        answer.type = blob.type;
        const context = new OffscreenCanvas(1, 1).getContext('2d');
        context?.drawImage(await createImageBitmap(blob), 0, 0);
        answer.pixel = [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
      } catch (error) {
        const { name, code = '', message } = error as Answer;
        Object.assign(answer, { name, code, message });
      }
      await upscaler.dispose();
      return answer;
    },
    [options, width, height] as const,
  );
}

test('what is transparent is white in a JPEG, or what is asked for', async () => {
  const white = await write({ type: 'image/jpeg' });
  assert.deepEqual([white.type, white.pixel], ['image/jpeg', [255, 255, 255, 255]]);
  const blue = await write({ type: 'image/png', background: 'rgb(0 0 255)' });
  assert.deepEqual(blue.pixel, [0, 0, 255, 255]);
  const clear = await write({});
  assert.deepEqual([clear.type, clear.pixel], ['image/png', [0, 0, 0, 0]]);
});

test('types are known by other names and in capitals', async () => {
  for (const type of ['image/jpg', 'IMAGE/JPEG', ' image/pjpeg']) {
    assert.equal((await write({ type })).type, 'image/jpeg');
  }
});

test('a type that the browser cannot write is refused before the run', async () => {
  for (const type of ['image/avif', 'image/tiff', 'nonsense', '']) {
    const { code, message, tiles } = await write({ type });
    assert.equal(code, 'ERR_UNSUPPORTED', type);
    assert.match(message, /cannot write/);
    assert.equal(tiles, 0);
  }
});

test('a WebP longer than the format can say is refused before the run', async () => {
  const long = await write({ type: 'image/webp' }, [8192, 2]);
  assert.equal(long.code, 'ERR_IMAGE_TOO_LARGE');
  assert.match(long.message, /16384x4.*16383/);
  assert.equal(long.tiles, 0);
  assert.equal((await write({ type: 'image/webp' }, [8191, 2])).type, 'image/webp');
});

test('options that make no sense are named', async () => {
  for (const quality of [-1, 2, Number.NaN]) {
    const { name, message } = await write({ type: 'image/jpeg', quality });
    assert.equal(name, 'RangeError');
    assert.match(message, /quality/);
  }
  const { name, message, tiles } = await write({ background: 'nonsense' });
  assert.equal(name, 'RangeError');
  assert.match(message, /background/);
  assert.equal(tiles, 0);
});

test('a browser that fails to write gives a typed error, and the next call works', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
    const image = { data: new Uint8Array(400), width: 10, height: 10 };
    const convert = OffscreenCanvas.prototype.convertToBlob;
    // Chromium does so when it has no memory for the file; only large canvases fail then.
    OffscreenCanvas.prototype.convertToBlob = function (options) {
      if (this.width === 1) return convert.call(this, options);
      return Promise.reject(new DOMException('Encoding failed', 'EncodingError'));
    };
    const error = await upscaler.upscale(image, { output: 'blob' }).catch((error) => error);
    OffscreenCanvas.prototype.convertToBlob = convert;
    const next = await upscaler.upscale(image, { output: 'blob' });
    await upscaler.dispose();
    return { code: error.code, message: error.message, next: next.type };
  });
  assert.equal(found.code, 'ERR_OUT_OF_MEMORY');
  assert.match(found.message, /20x20.*image\/png.*Encoding failed/);
  assert.equal(found.next, 'image/png');
});

test('a canvas that got no memory is found out before the run', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
    const image = { data: new Uint8Array(400), width: 10, height: 10 };
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    // So does a canvas behave that has no memory: all that is drawn on it is lost.
    context.fillRect = () => {};
    context.putImageData = () => {};
    let tiles = 0;
    const options = { output: 'canvas', canvas, onprogress: () => tiles++ } as const;
    const error = await upscaler.upscale(image, options).catch((error) => error);
    await upscaler.dispose();
    return { code: error.code, message: error.message, tiles };
  });
  assert.equal(found.code, 'ERR_OUT_OF_MEMORY');
  assert.match(found.message, /20x20/);
  assert.equal(found.tiles, 0);
});
