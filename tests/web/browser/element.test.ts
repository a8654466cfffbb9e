// <tessera-img> and auto(): pictures of a page, in real Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { STRICT_CSP } from '../../../scripts/lib/serve.mjs';
import type { Auto } from '../../../web/src/element/index.ts';
import { openPage, type TestPage } from '../support/pages.ts';

declare global {
  interface Window {
    /** What the pages of this file record. */
    record: { shifts: number[]; begun: number[]; upscaled: string[]; errors: string[] };
    auto: Auto;
  }
}

// Of a picture's file.
const WIDTH = 60;
const HEIGHT = 40;
const PICTURES = 30;

const RECORD = `
  window.record = { shifts: [], begun: [], upscaled: [], errors: [] };
  const read = createImageBitmap;
  window.createImageBitmap = (source, ...rest) => {
    if (source.src) record.begun.push(Number(new URL(source.src).search.slice(1)));
    return read(source, ...rest);
  };
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) record.shifts.push(value);
  }).observe({ type: 'layout-shift', buffered: true });
  addEventListener('upscaled', ({ target }) => {
    record.upscaled.push((target.querySelector?.('img') ?? target).alt);
  });
  addEventListener('upscaleerror', ({ error }) => record.errors.push(String(error)));
  addEventListener('error', ({ target, error }) => {
    if (target.localName === 'tessera-img') record.errors.push(String(error));
  }, true);
`;

let opened: TestPage;
let picture: Buffer;

before(async () => {
  opened = await openPage();
  const pixels = Buffer.from(
    Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 7 + (i >> 5) * 31) % 256),
  );
  picture = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
});
after(() => opened?.close());

interface Site extends BrowserContextOptions {
  csp?: string;
  /** Paths that are not there. */
  missing?: RegExp;
  script?: string;
  init?: string;
}

const html = (
  body: string,
  script: string,
) => `<!doctype html><html lang="en"><title>Pictures</title>
  <link rel="stylesheet" href="/page.css"><script src="/${script}"></script><body>${body}`;
const CSS = `figure { height: 300px } .wide { width: 240px; height: auto } .ratio { width: 200px; aspect-ratio: 1;
  object-fit: cover } .half { width: 50% } .flex { display: flex } .flex > * { width: 300px }`;

/** Opens a page of that body on the server, and closes it after. */
async function onPage(
  body: string,
  site: Site,
  use: (page: Page, requests: string[]) => Promise<void>,
): Promise<void> {
  const { csp = STRICT_CSP, missing, script = 'element.js', init = '', ...options } = site;
  const context = await opened.browser.newContext(options);
  const requests: string[] = [];
  context.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await context.addInitScript(`globalThis.__name = (target) => target; ${RECORD} ${init}`);
  const files: [RegExp, string | Buffer, string][] = [
    [/\/page\.html$/, html(body, script), 'text/html'],
    [/\/page\.css$/, CSS, 'text/css'],
    [/\/small\.png/, picture, 'image/png'],
  ];
  for (const [path, content, contentType] of files) {
    const headers = { 'Content-Security-Policy': csp };
    await context.route(path, (route) => route.fulfill({ body: content, contentType, headers }));
  }
  if (missing) await context.route(missing, (route) => route.fulfill({ status: 404 }));
  try {
    const page = await context.newPage();
    await page.goto(`${opened.url}/page.html`);
    await use(page, requests);
  } finally {
    await context.close();
  }
}

const inner = (attributes = '', n = 0) =>
  `<img src="/small.png?${n}" alt="picture ${n}" ${attributes}>`;
const tag = (attributes: string, content: string) =>
  `<tessera-img model="photo-tiny" ${attributes}>${content}</tessera-img>`;

const upscaled = (page: Page, count: number) =>
  page.waitForFunction((least) => window.record.upscaled.length >= least, count);
/** Boxes of all images, and which file each shows. */
const images = (page: Page) =>
  page.evaluate(() =>
    [...document.images].map((image) => {
      const { x, y, width, height } = image.getBoundingClientRect();
      const kind = new URL(image.currentSrc).protocol;
      return { kind, complete: image.naturalWidth > 0, box: [x, y + scrollY, width, height] };
    }),
  );

test('thirty pictures: in view order, by one upscaler, without a layout shift', async () => {
  const figures = Array.from({ length: PICTURES }, (_, n) => {
    return `<figure>${tag('', inner('width="120" height="80"', n))}</figure>`;
  });
  await onPage(figures.join(''), {}, async (page, requests) => {
    await upscaled(page, 3);
    const plain = await images(page);
    assert.ok(
      plain.some(({ kind }) => kind === 'http:'),
      'those far below wait',
    );
    assert.equal(await page.getByRole('img', { name: /^picture / }).count(), PICTURES);
    const spoken = await page.locator('body').ariaSnapshot();
    for (let n = 0; n < PICTURES; n += 2) {
      await page.evaluate((top) => scrollTo(0, top), n * 300);
      await upscaled(page, n + 2);
    }
    const { begun, shifts, errors } = await page.evaluate(() => window.record);
    assert.deepEqual(errors, []);
    assert.deepEqual(shifts, []);
    assert.equal(begun.length, PICTURES);
    // Two are in work at a time.
    begun.forEach((n, place) => {
      assert.ok(Math.abs(place - n) <= 1, begun.join());
    });
    const larger = await images(page);
    assert.ok(larger.every(({ kind }) => kind === 'blob:'));
    assert.deepEqual(
      larger.map(({ box }) => box),
      plain.map(({ box }) => box),
    );
    assert.equal(await page.locator('body').ariaSnapshot(), spoken);
    assert.ok(page.workers().length <= (await page.evaluate(() => navigator.hardwareConcurrency)));
    for (const path of [
      '/tessera.mjs',
      '/wasm/tessera-relaxed-lean.wasm',
      '/models/photo-x2-tiny.onnx',
    ]) {
      assert.equal(requests.filter((asked) => asked === path).length, 1, path);
    }
  });
});

test('every way to lay an image out keeps its box; it prints with the larger pixels', async () => {
  const forms = [
    tag('', inner('class="wide"', 0)),
    tag('scale="2"', inner('', 1)),
    tag('', inner('class="ratio"', 2)),
    `<div class="flex">${tag('', inner('width="90" class="half"', 3))}</div>`,
    tag(
      'scale="2"',
      `<picture><source srcset="/small.png?s" media="(min-width: 1px)">${inner('', 4)}</picture>`,
    ),
    tag('', inner('class="wide" srcset="/small.png?5 60w, /none.png 4000w" sizes="60px"', 5)),
    tag('src="/small.png?6" alt="picture 6" width="120" height="80"', ''),
    tag('scale="3" src="/small.png?7" alt="picture 7"', inner('width="120" height="80"', 7)),
  ];
  await onPage(forms.join('<p>'), {}, async (page) => {
    await upscaled(page, forms.length);
    const larger = await images(page);
    assert.equal(larger.length, forms.length);
    assert.ok(larger.every(({ kind }) => kind === 'blob:'));
    const pdf = (await page.pdf()).toString('latin1');
    assert.match(pdf, /\/Width 240\b/);
    // Going away gives the plain picture back, in the same box.
    await page.evaluate(() => {
      for (const element of document.querySelectorAll('tessera-img')) {
        const plain = document.createElement('span');
        element.replaceWith(plain);
        plain.append(...element.childNodes);
      }
    });
    await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    const plain = await images(page);
    assert.ok(plain.every(({ kind, complete }) => kind === 'http:' && complete));
    assert.deepEqual(
      plain.map(({ box }) => box),
      larger.map(({ box }) => box),
    );
  });
});

const FAILURES: Record<string, { site: Site; says: RegExp; attributes?: string }> = {
  'no library': { site: { missing: /tessera\.mjs/ }, says: /tessera\.mjs/ },
  'no core': { site: { missing: /\.wasm/ }, says: /404/ },
  'no worker': { site: { missing: /worker\.mjs/ }, says: /worker/ },
  'workers forbidden': {
    site: { csp: STRICT_CSP.replace("worker-src 'self'", "worker-src 'none'") },
    says: /Content-Security-Policy/,
  },
  'blob: forbidden': { site: { csp: STRICT_CSP.replace(' blob:', '') }, says: /blob: in img-src/ },
  'an unknown model': { site: {}, says: /nothing-x2/, attributes: 'model="nothing-x2"' },
  'no canvas to read from': {
    site: {
      init: 'HTMLCanvasElement.prototype.getContext = () => null; delete window.OffscreenCanvas;',
    },
    says: /context/,
  },
};

for (const [name, { site, says, attributes = 'model="photo-tiny"' }] of Object.entries(FAILURES)) {
  test(`the plain picture stays, and the event says why: ${name}`, async () => {
    const body = `<tessera-img ${attributes}>${inner('width="120" height="80"')}</tessera-img>`;
    await onPage(body, site, async (page) => {
      await page.waitForFunction(() => window.record.errors.length > 0);
      assert.match((await page.evaluate(() => window.record.errors)).join(), says);
      assert.deepEqual(await images(page), [
        { kind: 'http:', complete: true, box: [8, 8, 120, 80] },
      ]);
      assert.equal(await page.locator('img').getAttribute('srcset'), null);
    });
  });
}

test('a picture of another origin that may not be read stays, and one that is missing is told', async () => {
  const elsewhere = opened.url.replace('127.0.0.1', 'localhost');
  const csp = STRICT_CSP.replace("img-src 'self'", `img-src 'self' ${elsewhere}`);
  const body =
    tag('', `<img src="${elsewhere}/small.png" width="120" height="80" alt="">`) +
    tag('', '<img src="/none.png" alt="nothing">');
  await onPage(body, { csp }, async (page) => {
    await page.waitForFunction(() => window.record.errors.length === 2);
    const errors = (await page.evaluate(() => window.record.errors)).sort();
    assert.match(errors.join('\n'), /EncodingError.*none\.png.*\n.*SecurityError/);
    const [plain] = await images(page);
    assert.deepEqual([plain?.kind, plain?.complete], ['http:', true]);
  });
});

test('without JavaScript it is the image inside', async () => {
  const body = tag('', inner('width="120" height="80"'));
  await onPage(body, { javaScriptEnabled: false }, async (page, requests) => {
    assert.equal(await page.getByRole('img', { name: 'picture 0' }).count(), 1);
    const box = await page.locator('img').boundingBox();
    assert.deepEqual([box?.width, box?.height], [120, 80]);
    assert.ok(!requests.includes('/element.js'));
  });
});

test('a picture that has enough pixels, drawings and visitors who save data cost no download', async () => {
  const enough = tag('', inner('width="60" height="40"'));
  const kinds = tag(
    '',
    '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" width="90" alt="">',
  );
  const eager = tag('loading="eager"', inner('width="120"'));
  const saving = `Object.defineProperty(navigator, 'connection', { value: { saveData: true } });`;
  for (const [body, init] of [
    [enough + kinds, ''],
    [eager, saving],
  ] as const) {
    await onPage(body, { init }, async (page, requests) => {
      // What is begun after is also finished after.
      await page.waitForTimeout(300);
      assert.ok(requests.includes('/element.js'));
      assert.deepEqual(
        requests.filter((path) => /tessera|wasm|onnx/.test(path)),
        [],
      );
      assert.deepEqual(await page.evaluate(() => window.record.errors), []);
    });
  }
});

test('auto(): images that are there, that come later, that change, and back', async () => {
  await onPage(inner('width="120" height="80"'), {}, async (page) => {
    await page.evaluate(async () => {
      const element = '/element.mjs';
      const { auto } = await import(element);
      window.auto = auto('img', { model: 'photo-tiny' });
    });
    await upscaled(page, 1);
    await page.evaluate(() => {
      const later = document.createElement('img');
      later.src = '/small.png?later';
      Object.assign(later, { width: 150, alt: 'later 1' });
      document.body.append(later);
    });
    await upscaled(page, 2);
    await page.evaluate(() => {
      const [first] = document.images;
      Object.assign(first as HTMLImageElement, { src: '/small.png?changed', alt: 'changed 0' });
    });
    await upscaled(page, 3);
    const { upscaled: order, errors } = await page.evaluate(() => window.record);
    assert.deepEqual(order, ['picture 0', 'later 1', 'changed 0']);
    assert.deepEqual(errors, []);
    const sources = await page.evaluate(() => {
      window.auto.stop();
      return [...document.images].map((image) => image.outerHTML);
    });
    assert.deepEqual(sources, [
      '<img src="/small.png?changed" alt="changed 0" width="120" height="80">',
      '<img src="/small.png?later" width="150" alt="later 1">',
    ]);
  });
});

test('a picture that is shown larger later is made again with more pixels', async () => {
  await onPage(tag('', inner('width="120" height="80"')), {}, async (page) => {
    await upscaled(page, 1);
    await page.evaluate(() => {
      Object.assign(document.images[0] as HTMLImageElement, { width: 200, height: 133 });
    });
    await upscaled(page, 2);
    const pixels = await page.evaluate(async () => {
      const image = new Image();
      image.src = (document.images[0] as HTMLImageElement).currentSrc;
      await image.decode();
      return image.naturalWidth;
    });
    assert.equal(pixels, 4 * WIDTH);
  });
});
