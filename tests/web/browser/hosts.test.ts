// Browsers, frames and servers of other kinds: it works there, or the error names what is missing.
import assert from 'node:assert/strict';
import { test as testWithin } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { serve } from '../../../scripts/lib/serve.mjs';
import { failure, openPage, type PageOptions, type TestPage } from '../support/pages.ts';

/** A frame that never answers must not hold up the rest. */
const test = (name: string, body: () => Promise<void>) =>
  testWithin(name, { timeout: 180_000 }, body);

async function onPage(
  options: PageOptions,
  use: (opened: TestPage) => Promise<void>,
): Promise<void> {
  const opened = await openPage(options);
  try {
    await use(opened);
  } finally {
    await opened.close();
  }
}

/** Upscales a PNG of one colour and gives the result's pixel in the middle. */
async function upscaleFile(): Promise<number[]> {
  const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
  try {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.fillStyle = 'rgb(90 120 150)';
    context.fillRect(0, 0, 64, 64);
    const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    const { data } = await upscaler.upscale(file as Blob, { output: 'raw' });
    return [...data.slice(4 * (64 * 128 + 64), 4 * (64 * 128 + 64) + 4)];
  } finally {
    await upscaler.dispose();
  }
}

function near(found: number[], expected: number[]): void {
  const far = found.some((value, i) => Math.abs(value - (expected[i] ?? 0)) > 2);
  assert.ok(!far && found.length === expected.length, `${found}, not ${expected}`);
}

/** Browsers ask for a page's icon, which is not there. */
const thrown = (complaints: string[]) => complaints.filter((text) => !text.includes('404'));

// Each takes away what a browser of that time did not have.
const OLDER = {
  'Chrome 111, which has no imageOrientation from-image': `
    const make = createImageBitmap;
    globalThis.createImageBitmap = (source, options = {}) =>
      ['none', 'flipY', undefined].includes(options.imageOrientation)
        ? make(source, options)
        : Promise.reject(new TypeError('not a valid enum value of type ImageOrientation'));`,
  'Chrome 97, which has no reasons of aborts and no structuredClone': `
    delete AbortSignal.prototype.throwIfAborted;
    delete AbortSignal.prototype.reason;
    delete globalThis.structuredClone;`,
  'Chrome 92, which has no Object.hasOwn': 'delete Object.hasOwn;',
  // Firefox before 105 and Safari before 16.4 have canvases only as elements.
  'a browser without OffscreenCanvas': `
    delete globalThis.OffscreenCanvas;`,
};

for (const [name, init] of Object.entries(OLDER)) {
  test(`it works in ${name}`, async () => {
    await onPage({ init }, async ({ page, complaints }) => {
      near(await page.evaluate(upscaleFile), [90, 120, 150, 255]);
      assert.deepEqual(thrown(complaints), []);
    });
  });
}

test('without reasons of aborts, every rejection still has its own', async () => {
  await onPage(
    { init: OLDER['Chrome 97, which has no reasons of aborts and no structuredClone'] },
    async ({ page }) => {
      const found = await page.evaluate(async () => {
        const { Upscaler } = window.tessera;
        const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
        const image = { data: new Uint8Array(1_000_000), width: 500, height: 500 };
        const stopper = new AbortController();
        const aborted = upscaler.upscale(image, { signal: stopper.signal }).catch((error) => error);
        stopper.abort();
        const disposed = upscaler.upscale(image).catch((error) => error);
        await upscaler.dispose();
        return [(await aborted).name, (await disposed).code];
      });
      assert.deepEqual(found, ['AbortError', 'ERR_DISPOSED']);
    },
  );
});

test('no WebAssembly is ERR_UNSUPPORTED on every path, and nothing is left unhandled', async () => {
  await onPage({ init: 'delete globalThis.WebAssembly' }, async ({ page, complaints }) => {
    const codes = await page.evaluate(async () => {
      const { Upscaler } = window.tessera;
      const image = { data: new Uint8Array(256), width: 8, height: 8 };
      const idle = new Upscaler();
      const tries: Promise<unknown>[] = [
        Upscaler.create(),
        Upscaler.create({ variant: 'simd' }),
        new Upscaler().upscale(image),
        new Upscaler().upscale('/demo/sample.webp'),
        new Upscaler().tiles(image).next(),
        new Upscaler().upscalePatch(image),
        new Upscaler().warmup(),
        new Upscaler().estimate({ width: 8, height: 8 }),
        idle.ready,
      ];
      const codes = await Promise.all(
        tries.map((it) =>
          it.then(
            () => 'none',
            ({ code }) => code,
          ),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      await idle.dispose();
      return codes;
    });
    assert.deepEqual(
      codes,
      codes.map(() => 'ERR_UNSUPPORTED'),
    );
    assert.deepEqual(thrown(complaints), []);
  });
});

// As Firefox's privacy.resistFingerprinting does it.
const NOISE = `
  for (const Context of [OffscreenCanvasRenderingContext2D, CanvasRenderingContext2D]) {
    const read = Context.prototype.getImageData;
    Context.prototype.getImageData = function (...rectangle) {
      const image = read.apply(this, rectangle);
      for (let i = 0; i < image.data.length; i++) image.data[i] = Math.random() * 256;
      return image;
    };
  }`;

test('where canvases are read back as noise, pictures are read in another way', async () => {
  await onPage({ init: NOISE }, async ({ page }) => {
    near(await page.evaluate(upscaleFile), [90, 120, 150, 255]);
    const found = await page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
      const data = new Uint8ClampedArray(40 * 30 * 4).map((_, i) =>
        i % 4 === 3 ? 255 : (i * 37) % 256,
      );
      const expected = await upscaler.upscale({ data, width: 40, height: 30 });
      const canvas = document.createElement('canvas');
      canvas.width = 40;
      canvas.height = 30;
      canvas.getContext('2d')?.putImageData(new ImageData(data, 40, 30), 0, 0);
      const bitmap = await createImageBitmap(canvas);
      const image = new Image();
      image.src = canvas.toDataURL();
      const same: boolean[] = [];
      for (const input of [canvas, bitmap, image]) {
        const result = await upscaler.upscale(input);
        same.push(result.data.every((byte, i) => byte === expected.data[i]));
      }
      const blob = await upscaler.upscale(image, { output: 'blob' }).catch((error) => error);
      await upscaler.dispose();
      return { same, blob: blob.code };
    });
    assert.deepEqual(found.same, [true, true, true]);
    assert.equal(found.blob, 'ERR_UNSUPPORTED');
  });
});

test('where there is no other way, noise is an error', async () => {
  await onPage({ init: `${NOISE} delete globalThis.VideoFrame;` }, async (opened) => {
    const error = await failure(opened, upscaleFile);
    assert.equal(error.code, 'ERR_UNSUPPORTED');
    assert.match(error.message, /fingerprinting/);
  });
});

test('a page that asks for Trusted Types', async () => {
  const csp = "require-trusted-types-for 'script'";
  await onPage({ csp }, async ({ page }) => {
    near(await page.evaluate(upscaleFile), [90, 120, 150, 255]);
  });
  await onPage({ csp: `${csp}; trusted-types other` }, async (opened) => {
    const error = await failure(opened, () => window.tessera.Upscaler.create());
    assert.equal(error.code, 'ERR_UNSUPPORTED');
    assert.match(error.message, /trusted-types tessera/);
  });
});

const FRAME_SCRIPT = `
  Tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 })
    .then((upscaler) => upscaler.upscale({ data: new Uint8Array(256), width: 8, height: 8 }))
    .then(({ width }) => 'width ' + width, ({ code, message }) => code + ': ' + message)
    .then((answer) => parent.postMessage(answer, '*'));`;

/** Runs the script-tag build in a frame, and gives what it says. */
function inFrame({ page, url }: TestPage, script: string, sandbox?: string): Promise<string> {
  return page.evaluate(
    async ([url, script, sandbox]) => {
      const frame = document.createElement('iframe');
      if (sandbox !== undefined) frame.sandbox.value = sandbox;
      frame.srcdoc = `<script src="${url}/tessera.js"></script>${script}`;
      const answer = new Promise<string>((resolve) => {
        addEventListener('message', ({ data }) => resolve(data), { once: true });
      });
      document.body.append(frame);
      return answer;
    },
    [url, script, sandbox] as const,
  );
}

test('a srcdoc frame has its parent origin, and works under the strict policy', async () => {
  await onPage({}, async (opened) => {
    // The policy takes no script from within the page.
    await opened.page.route('**/frame.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: FRAME_SCRIPT }),
    );
    assert.equal(await inFrame(opened, '<script src="/frame.js"></script>'), 'width 16');
  });
});

const INLINE = `<script>${FRAME_SCRIPT}</script>`;

test('a sandboxed frame works when its files may be loaded from anywhere', async () => {
  await onPage({ csp: undefined, cors: true }, async (opened) => {
    assert.equal(await inFrame(opened, INLINE, 'allow-scripts'), 'width 16');
  });
});

test('a sandboxed frame is told that other origins must be let in', async () => {
  await onPage({ csp: undefined }, async (opened) => {
    const answer = await inFrame(opened, INLINE, 'allow-scripts');
    assert.match(answer, /^ERR_LOAD: .*Access-Control-Allow-Origin/);
  });
});

test('the library from another origin', async () => {
  const elsewhere = await serve({ root: DIST, cors: true, isolated: true });
  try {
    await onPage({ csp: undefined, isolated: true }, async ({ page }) => {
      const answer = await page.evaluate(async (library) => {
        const { Upscaler } = await import(library);
        const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
        const { width } = await upscaler.upscale({
          data: new Uint8Array(256),
          width: 8,
          height: 8,
        });
        await upscaler.dispose();
        const threads = await Upscaler.create({ variant: 'simd-mt', workers: 2 });
        const result = await threads.upscale({ data: new Uint8Array(256), width: 8, height: 8 });
        await threads.dispose();
        return { width, threads: threads.info.threads, threaded: result.width };
      }, `${elsewhere.url}/tessera.mjs`);
      assert.deepEqual(answer, { width: 16, threads: 2, threaded: 16 });
    });
  } finally {
    await elsewhere.close();
  }
});

test('a page opened from a disk is told to be served', async () => {
  await onPage({}, async ({ browser }) => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(`${DIST}/demo/index.html`).href);
    await page.addScriptTag({ url: pathToFileURL(`${DIST}/tessera.js`).href });
    const answer = await page.evaluate(() =>
      (window as unknown as { Tessera: typeof window.tessera }).Tessera.Upscaler.create().then(
        () => ({ code: 'none', message: '' }),
        ({ code, message }) => ({ code, message }),
      ),
    );
    assert.match(answer.code, /^ERR_(LOAD|UNSUPPORTED)$/);
    assert.match(answer.message, /disk.*serve|serve.*by http/);
  });
});

test('a library that is inlined says what it needs, and works with baseUrl', async () => {
  await onPage({ csp: undefined }, async ({ page, url }) => {
    const answer = await page.evaluate(async (url) => {
      const source = await (await fetch('/tessera.mjs')).text();
      const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      const { Upscaler } = await import(address);
      const error = await Upscaler.create().catch((error: unknown) => error);
      const upscaler = await Upscaler.create({ baseUrl: url, workers: 1 });
      const { width } = await upscaler.upscale({ data: new Uint8Array(256), width: 8, height: 8 });
      await upscaler.dispose();
      return { code: error.code, message: error.message, width };
    }, url);
    assert.equal(answer.code, 'ERR_LOAD');
    assert.match(answer.message, /pass its address as baseUrl/);
    assert.equal(answer.width, 16);
  });
});

test('inside a web worker, as a module and by importScripts', async () => {
  await onPage({ csp: undefined }, async ({ page, url }) => {
    const widths = await page.evaluate(async (url) => {
      const work = `
        .then((upscaler) => upscaler.upscale({ data: new Uint8Array(256), width: 8, height: 8 }))
        .then(({ width }) => postMessage(width), (error) => postMessage(String(error)))`;
      const options = `{ workers: 1, baseUrl: '${url}' }`;
      const sources = {
        module: `import { Upscaler } from '${url}/tessera.mjs'; Upscaler.create(${options})${work}`,
        classic: `importScripts('${url}/tessera.js'); Tessera.Upscaler.create(${options})${work}`,
      };
      const found: unknown[] = [];
      for (const [type, source] of Object.entries(sources)) {
        const script = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
        const worker = new Worker(script, { type: type as WorkerType });
        found.push(
          await new Promise((resolve) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => resolve(message);
          }),
        );
        worker.terminate();
      }
      return found;
    }, url);
    assert.deepEqual(widths, [16, 16]);
  });
});
