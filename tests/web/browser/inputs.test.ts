// Pictures of every origin: what comes in is what the file holds, or the error says why not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { failure, openPage, type TestPage } from '../support/pages.ts';
import { Random } from '../support/random.ts';

let opened: TestPage;

before(async () => {
  opened = await openPage();
  await opened.page.evaluate(async () => {
    window.upscaler = await window.tessera.Upscaler.create({
      model: 'photo-x2-tiny',
      timeout: 20_000,
    });
  });
});

after(() => opened.close());

declare global {
  interface Window {
    upscaler: import('../../../web/src/index.ts').Upscaler;
  }
}

/** A picture whose pixels all differ from their neighbours, so that none can be misplaced. */
function speckles(width: number, height: number): Buffer {
  const random = new Random(7);
  return Buffer.from(Array.from({ length: width * height * 3 }, () => random.integer(0, 255)));
}

const raw = (width: number, height: number) =>
  sharp(speckles(width, height), { raw: { width, height, channels: 3 } });

const dataUrl = (bytes: Buffer, type = 'image/png') =>
  `data:${type};base64,${bytes.toString('base64')}`;

for (let orientation = 1; orientation <= 8; orientation++) {
  test(`a photo of orientation ${orientation} comes out upright from every kind of input`, async () => {
    // Longer than a block, so that it is read in several.
    const file = await raw(8300, 5).jpeg({ quality: 90 }).withMetadata({ orientation }).toBuffer();
    const upright = orientation < 5 ? [8300, 5] : [5, 8300];
    const found = await opened.page.evaluate(
      async (url) => {
        const blob = await new Promise<Blob>((resolve) => {
          const text = atob(url.split(',')[1] as string);
          resolve(new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))]));
        });
        const { width, height, data } = await createImageBitmap(blob).then((bitmap) => {
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
          context.drawImage(bitmap, 0, 0);
          return context.getImageData(0, 0, bitmap.width, bitmap.height);
        });
        const detached = new Image();
        const attached = new Image();
        const asStored = new Image();
        asStored.style.imageOrientation = 'none';
        for (const image of [detached, attached, asStored]) image.src = url;
        document.body.append(attached, asStored);
        const options = { output: 'raw', tileSize: 384 } as const;
        const expected = await window.upscaler.upscale({ data, width, height }, options);
        const same: Record<string, boolean> = {};
        for (const [name, input] of Object.entries({ blob, url, detached, attached, asStored })) {
          const result = await window.upscaler.upscale(input, options);
          same[name] = result.data.every((byte, i) => byte === expected.data[i]);
        }
        attached.remove();
        asStored.remove();
        return { size: [width, height], same };
      },
      dataUrl(file, 'image/jpeg'),
    );
    assert.deepEqual(found.size, upright);
    for (const [name, same] of Object.entries(found.same)) assert.ok(same, name);
  });
}

test('a picture of high density gives all pixels of its file', async () => {
  const found = await opened.page.evaluate(
    async (url) => {
      const dense = new Image();
      dense.srcset = `${url} 2x`;
      const sized = new Image();
      sized.sizes = '32px';
      sized.srcset = `${url} 64w`;
      document.body.append(sized);
      const expected = await window.upscaler.upscale(url);
      const same: boolean[] = [];
      for (const image of [dense, sized]) {
        const result = await window.upscaler.upscale(image);
        same.push(
          result.width === expected.width &&
            result.data.every((byte, i) => byte === expected.data[i]),
        );
      }
      return { same, shown: dense.naturalWidth, width: expected.width };
    },
    dataUrl(await raw(64, 40).png().toBuffer()),
  );
  assert.deepEqual(found, { same: [true, true], shown: 32, width: 128 });
});

for (const [width, height] of [
  [66_000, 2],
  [2, 66_000],
] as const) {
  test(`a picture of ${width}x${height}, beyond every canvas, is read whole`, async () => {
    const pixels = speckles(width, height);
    const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const same = await opened.page.evaluate(
      async ([url, base64, width, height]) => {
        const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const options = { output: 'raw' } as const;
        const expected = await window.upscaler.upscale({ data, width, height }, options);
        const found = await window.upscaler.upscale(url, options);
        return found.data.every((byte, i) => byte === expected.data[i]);
      },
      [dataUrl(file), pixels.toString('base64'), width, height] as const,
    );
    assert.ok(same);
  });
}

test('files that hold colours in other ways are read as the browser shows them', async () => {
  const wide = raw(40, 30);
  const files = {
    grey: await raw(40, 30).toColourspace('b-w').png().toBuffer(),
    palette: await raw(40, 30).png({ palette: true, colours: 16 }).toBuffer(),
    deep: await raw(40, 30).toColourspace('rgb16').png().toBuffer(),
    cmyk: await raw(40, 30).toColourspace('cmyk').jpeg().toBuffer(),
    p3: await wide.withIccProfile('p3').png().toBuffer(),
  };
  for (const [name, file] of Object.entries(files)) {
    const farthest = await opened.page.evaluate(
      async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        const canvas = new OffscreenCanvas(40, 30);
        const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
        context.drawImage(image, 0, 0);
        const expected = await window.upscaler.upscale(context.getImageData(0, 0, 40, 30));
        const found = await Promise.all([url, image].map((it) => window.upscaler.upscale(it)));
        return found.map(({ data }) =>
          Math.max(...data.map((byte, i) => Math.abs(byte - (expected.data[i] as number)))),
        );
      },
      dataUrl(file, name === 'cmyk' ? 'image/jpeg' : 'image/png'),
    );
    const [ofFile, ofElement] = farthest;
    assert.equal(ofFile, 0, name);
    // Chromium makes half floats of 16 bits in an element, and rounds some down by a level, of which
    // the network may make several.
    const most = name === 'deep' ? 8 : 0;
    assert.ok(ofElement !== undefined && ofElement <= most, `${name}: ${ofElement} levels`);
  }
});

test('drawings, with and without a size of their own', async () => {
  const sizes = await opened.page.evaluate(async () => {
    const drawing = (attributes: string) =>
      `<?xml version="1.0"?><!-- > --><svg xmlns="http://www.w3.org/2000/svg" ${attributes}>` +
      '<rect width="10" height="10" fill="red"/></svg>';
    const found: unknown[] = [];
    for (const attributes of ['width="20" height="10"', 'viewBox="0 0 20 10"']) {
      const blob = new Blob([drawing(attributes)]);
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(drawing(attributes))}`;
      for (const input of [blob, image, image.src]) {
        const { width, height, data } = await window.upscaler.upscale(input);
        found.push([width, height, [...data.slice(0, 4)]]);
      }
    }
    return found;
  });
  const red = [255, 0, 0, 255];
  const sized = [40, 20, red];
  // The size that a page gives to a replaced element.
  const unsized = [600, 300, red];
  const near = (value: unknown) => JSON.stringify(value).replace(/25[3-5]/g, '255');
  assert.deepEqual(sizes.slice(0, 3).map(near), [sized, sized, sized].map(near));
  assert.deepEqual(sizes.slice(3).map(near), [unsized, unsized, unsized].map(near));
});

test('an image that waits to be scrolled to is loaded', async () => {
  const size = await opened.page.evaluate(
    async (url) => {
      document.body.innerHTML = '<div style="height: 40000px"></div><img loading="lazy">';
      const image = document.querySelector('img') as HTMLImageElement;
      image.src = url;
      const { width, height } = await window.upscaler.upscale(image);
      document.body.innerHTML = '';
      return [width, height];
    },
    dataUrl(await raw(20, 10).png().toBuffer()),
  );
  assert.deepEqual(size, [40, 20]);
});

test('images that are hidden, in hidden frames, or in no document', async () => {
  const sizes = await opened.page.evaluate(
    async (url) => {
      const hidden = new Image();
      hidden.hidden = true;
      document.body.append(hidden);
      const frame = document.createElement('iframe');
      frame.style.display = 'none';
      document.body.append(frame);
      const inFrame = (frame.contentDocument as Document).createElement('img');
      (frame.contentDocument as Document).body.append(inFrame);
      const lazy = new Image();
      lazy.loading = 'lazy';
      const images = [hidden, inFrame, lazy];
      for (const image of images) image.src = url;
      const results = await Promise.all(images.map((image) => window.upscaler.upscale(image)));
      hidden.remove();
      frame.remove();
      return results.map(({ width, height }) => [width, height]);
    },
    dataUrl(await raw(20, 10).png().toBuffer()),
  );
  assert.deepEqual(sizes, [
    [40, 20],
    [40, 20],
    [40, 20],
  ]);
});

test('an image whose answer never ends is ERR_TIMEOUT, and an abort acts at once', async () => {
  // The answer is held back until the end of the test.
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  await opened.page.route('**/never.png*', async (route) => {
    await ended;
    await route.abort();
  });
  const error = await failure(opened, () => {
    const image = new Image();
    image.src = '/never.png';
    return window.upscaler.upscale(image);
  });
  assert.equal(error.code, 'ERR_TIMEOUT');
  assert.match(error.message, /never\.png/);
  const waited = await opened.page.evaluate(async () => {
    const image = new Image();
    image.src = '/never.png?again';
    const stopper = new AbortController();
    const run = window.upscaler.upscale(image, { signal: stopper.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const start = performance.now();
    stopper.abort();
    const reason = await run.catch((error) => error);
    return { name: reason.name, milliseconds: performance.now() - start };
  });
  end();
  assert.equal(waited.name, 'AbortError');
  assert.ok(waited.milliseconds <= 50, `${waited.milliseconds} ms`);
});

test('image elements without a picture', async () => {
  const nothing = await failure(opened, () => window.upscaler.upscale(new Image()));
  assert.equal(nothing.code, 'ERR_IMAGE_DECODE');
  assert.match(nothing.message, /no src/);
  const broken = await failure(opened, () => {
    const image = new Image();
    image.src = 'data:image/png;base64,AAAA';
    return window.upscaler.upscale(image);
  });
  assert.equal(broken.code, 'ERR_IMAGE_DECODE');
});

test('the picture that an element shows at the time of the call is read whole', async () => {
  const same = await opened.page.evaluate(
    async ([first, second]) => {
      const image = new Image();
      image.src = first;
      await image.decode();
      const run = window.upscaler.upscale(image, { output: 'raw' });
      image.src = second;
      const expected = await window.upscaler.upscale(first, { output: 'raw' });
      const found = await run;
      return found.data.every((byte, i) => byte === expected.data[i]);
    },
    [
      dataUrl(await raw(9000, 4).png().toBuffer()),
      dataUrl(await raw(10, 10).png().toBuffer()),
    ] as const,
  );
  assert.ok(same);
});

test('data: and blob: addresses work where the policy lets nothing be fetched from them', async () => {
  const sizes = await opened.page.evaluate(
    async (url) => {
      const text = atob(url.split(',')[1] as string);
      const blob = new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))]);
      const found: number[] = [];
      for (const address of [url, new URL(url), URL.createObjectURL(blob)]) {
        found.push((await window.upscaler.upscale(address)).width);
      }
      return found;
    },
    dataUrl(await raw(20, 10).png().toBuffer()),
  );
  assert.deepEqual(sizes, [40, 40, 40]);
});

test('addresses in messages are cut', async () => {
  const error = await failure(opened, () =>
    window.upscaler.upscale(`/nowhere.png?${'x'.repeat(100_000)}`),
  );
  assert.equal(error.code, 'ERR_LOAD');
  assert.ok(error.message.length < 600, `${error.message.length} characters`);
  const data = await failure(opened, () => window.upscaler.upscale(`data:,${'x'.repeat(100_000)}`));
  assert.equal(data.code, 'ERR_IMAGE_DECODE');
  assert.ok(data.message.length < 600);
});

test('objects of another frame are as good as those of this one', async () => {
  const failures = await opened.page.evaluate(
    async (url) => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const other = frame.contentWindow as Window & typeof globalThis;
      const { Upscaler } = window.tessera;
      const model = await (await fetch('/models/photo-x2-tiny.onnx')).arrayBuffer();
      const bytes = new other.Uint8Array(model.byteLength);
      bytes.set(new Uint8Array(model));
      const text = atob(url.split(',')[1] as string);
      const file = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      const blob = new other.Blob([file]);
      const canvas = (frame.contentDocument as Document).createElement('canvas');
      const image = new other.Image();
      image.src = url;
      const tries: Record<string, () => Promise<unknown>> = {};
      const inputs = {
        imageData: new other.ImageData(8, 8),
        bytes: { data: new other.Uint8Array(256), width: 8, height: 8 },
        url: new other.URL(url),
        blob,
        file: new other.File([blob], 'x.png'),
        canvas,
        image,
        bitmap: await other.createImageBitmap(blob),
      };
      for (const [name, input] of Object.entries(inputs)) {
        tries[name] = () => window.upscaler.upscale(input, { transfer: name === 'bytes' });
      }
      const models = {
        bytes,
        buffer: bytes.buffer,
        blob: new other.Blob([model]),
        url: new other.URL('/models/photo-x2-tiny.onnx', location.href),
      };
      for (const [name, model] of Object.entries(models)) {
        tries[`model ${name}`] = async () => {
          const upscaler = await Upscaler.create({ model, workers: 1 });
          await upscaler.dispose();
        };
      }
      const failures: string[] = [];
      for (const [name, attempt] of Object.entries(tries)) {
        await attempt().catch((error) => failures.push(`${name}: ${error}`));
      }
      frame.remove();
      return failures;
    },
    dataUrl(await raw(8, 8).png().toBuffer()),
  );
  assert.deepEqual(failures, []);
});

test('large files are decoded by a worker, to the bytes that the page would decode', async () => {
  const noise = () => raw(400, 250);
  const files = {
    jpeg: await noise().jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer(),
    png: await noise().ensureAlpha(0.6).png().toBuffer(),
    damaged: (await noise().png().toBuffer()).subarray(0, 200_000).fill(7, 1000),
  };
  const found = await opened.page.evaluate(
    async (urls: Record<string, string>) => {
      const here = window.createImageBitmap;
      let decoded = 0;
      window.createImageBitmap = ((...args: Parameters<typeof here>) => {
        decoded++;
        return here(...args);
      }) as typeof here;
      const found: Record<string, unknown> = {};
      for (const [name, url] of Object.entries(urls)) {
        decoded = 0;
        const file = await (await fetch(url)).blob();
        const result = await window.upscaler.upscale(file, { output: 'raw' }).catch((e) => e.code);
        found[name] = [decoded, result.width ?? result];
        if (typeof result === 'string') continue;
        const bitmap = await here(file, { premultiplyAlpha: 'none' });
        const expected = await window.upscaler.upscale(bitmap, { output: 'raw' });
        found[`${name} is the same`] = expected.data.every((byte, i) => byte === result.data[i]);
      }
      const stopper = new AbortController();
      const run = window.upscaler.upscale(urls.png as string, { signal: stopper.signal });
      setTimeout(() => stopper.abort(), 20);
      found.aborted = await run.catch(({ name }) => name);
      window.createImageBitmap = here;
      return found;
    },
    Object.fromEntries(
      await Promise.all(
        Object.entries(files).map(async ([name, file]) => {
          await opened.page.route(`**/large-${name}`, (route) => route.fulfill({ body: file }));
          return [name, `/large-${name}`];
        }),
      ),
    ),
  );
  assert.deepEqual(found, {
    jpeg: [0, 500],
    'jpeg is the same': true,
    png: [0, 800],
    'png is the same': true,
    // Whose error says what the file is.
    damaged: [1, 'ERR_IMAGE_DECODE'],
    aborted: 'AbortError',
  });
});

test('a wide gamut stays in ImageData, and half floats are rounded', async () => {
  const found = await opened.page.evaluate(async () => {
    const bytes = new ImageData(16, 16, { colorSpace: 'display-p3' });
    bytes.data.fill(255);
    for (let i = 0; i < 1024; i += 4) bytes.data.set([250 - (i % 64), 20 + (i % 50), 30], i);
    const plain = { data: bytes.data, width: 16, height: 16 };
    const settings = { colorSpace: 'display-p3', pixelFormat: 'rgba-float16' };
    const halves = new ImageData(16, 16, settings as ImageDataSettings);
    const values = halves.data as unknown as Float32Array;
    bytes.data.forEach((byte, i) => {
      values[i] = byte / 255;
    });
    const expected = await window.upscaler.upscale(plain, { output: 'raw' });
    const same = (data: Uint8ClampedArray) => data.every((byte, i) => byte === expected.data[i]);
    const [kept, rounded] = await Promise.all(
      [bytes, halves].map((input) => window.upscaler.upscale(input)),
    );
    const canvas = (await window.upscaler.upscale(bytes, {
      output: 'canvas',
    })) as HTMLCanvasElement;
    const onCanvas = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      32,
      32,
      {
        colorSpace: 'display-p3',
      },
    );
    const tiles: unknown[] = [];
    for await (const tile of window.upscaler.tiles(bytes)) tiles.push(tile.colorSpace);
    return {
      spaces: [kept?.colorSpace, rounded?.colorSpace, expected.colorSpace, ...tiles],
      same: [kept, rounded, onCanvas].map((image) => image !== undefined && same(image.data)),
    };
  });
  assert.deepEqual(found.same, [true, true, true]);
  assert.deepEqual(found.spaces, ['display-p3', 'display-p3', 'srgb', 'display-p3']);
});

test('a file that is no picture is told for what it is', async () => {
  for (const [content, what] of [
    ['<!doctype html><title>x</title>', /HTML page/],
    ['PK\x03\x04', /zip archive/],
    ['\0\0\0\x18ftypheic', /HEIC.*convert it/],
    ['II*\0\x08\0\0\0', /TIFF/],
    ['', /empty file/],
    ['\x89PNG\r\n\x1a\n', /PNG.*damaged/],
  ] as const) {
    const error = await opened.page.evaluate((text) => {
      const blob = new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))]);
      return window.upscaler.upscale(blob).then(
        () => ({ code: 'none', message: '' }),
        ({ code, message }) => ({ code, message }),
      );
    }, content);
    assert.equal(error.code, 'ERR_IMAGE_DECODE');
    assert.match(error.message, what);
  }
});
