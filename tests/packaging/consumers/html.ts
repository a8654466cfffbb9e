// Pages without a tool: the package's files on a server, or on a disk.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { STRICT_CSP } from '../../../scripts/lib/serve.mjs';
import type { Consumer } from '../consumer.ts';
import { upscaling } from '../picture.ts';
import type { Project } from '../project.ts';

const page = (body: string): string => `<!doctype html><meta charset="utf-8">${body}`;
const module = (options?: string, library = '/tessera/tessera.mjs'): string =>
  `import { Upscaler } from '${library}';${upscaling(options)}`;
const script = (options?: string): string => `const { Upscaler } = Tessera;${upscaling(options)}`;

/** Puts the package's files where a user would: in a folder of the site. */
function makeSite(project: Project, files: Record<string, string>): void {
  cpSync(project.path('node_modules/tessera-sr/dist'), project.path('site/tessera'), {
    recursive: true,
  });
  project.write(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`site/${name}`, text])),
  );
}

/** A page under the strictest policy has no script of its own within. */
const tagged = {
  'module.html': page('<script type="module" src="/module.js"></script>'),
  'module.js': module(),
  'script.html': page(
    '<script src="/tessera/tessera.js"></script><script src="/script.js"></script>',
  ),
  'script.js': script(),
};

/** A picture by its tag, and a canvas as a video; each page says what came of both. */
const LIVE = `
  const upscaled = new Promise((resolve, reject) => {
    addEventListener('upscaled', ({ detail }) => resolve(detail), true);
    addEventListener('error', ({ error }) => reject(error), true);
  });
  (async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 16 });
    const context = canvas.getContext('2d');
    setInterval(() => context.fillRect(0, 0, 32, 16), 20);
    const upscaler = await Upscaler.create({ model: 'photo-x2-tiny' });
    const live = await upscaler.video(canvas);
    while (live.stats().frames === 0) await new Promise((done) => setTimeout(done, 20));
    const { width, height } = await upscaled;
    return [width, height, live.canvas.width, live.canvas.height].join();
  })().then(
    (answer) => { globalThis.tesseraAnswer = answer; },
    (error) => { globalThis.tesseraAnswer = String(error); },
  );`;
const TAG =
  '<tessera-img model="photo-x2-tiny" scale="2" loading="eager"><img src="/photo.webp" alt=""></tessera-img>';
const livePages = {
  'live-script.html': page(
    `<script src="/tessera/tessera.js"></script><script src="/tessera/element.js"></script>
    <script src="/live-script.js"></script>${TAG}`,
  ),
  'live-script.js': `const { Upscaler } = Tessera;${LIVE}`,
  'live-module.html': page(`<script type="module" src="/live-module.js"></script>${TAG}`),
  'live-module.js': `import '/tessera/element.mjs'; import { Upscaler } from '/tessera/tessera.mjs';${LIVE}`,
};

/** A frame tells its page what it found. */
const TELL = `<script>const wait = setInterval(() => {
  if (globalThis.tesseraAnswer) { clearInterval(wait); parent.postMessage(tesseraAnswer, '*'); }
}, 20);</script>`;
const LISTEN = `<script>addEventListener('message', ({ data }) => {
  globalThis.tesseraAnswer ??= data;
});</script>`;

const inFrame = (attributes: string, url: string): string => {
  const inner = `<script src="${url}/tessera/tessera.js"></script><script>${script()}</script>${TELL}`;
  return page(
    `${LISTEN}<iframe ${attributes} srcdoc='${inner.replaceAll("'", '&#39;')}'></iframe>`,
  );
};

export const HTML: readonly Consumer[] = [
  {
    name: 'html strict policy',
    tools: [],
    async check(project) {
      makeSite(project, tagged);
      for (const name of ['module.html', 'script.html']) {
        await project.expectPage('site', name, { csp: STRICT_CSP });
      }
    },
  },
  {
    name: 'html element and video',
    tools: [],
    async check(project) {
      makeSite(project, livePages);
      const photo = join(ROOT, 'examples', 'photo.webp');
      cpSync(photo, project.path('site/photo.webp'));
      const { width = 0, height = 0 } = await sharp(photo).metadata();
      await project.whileServed(
        'site',
        async (url) => {
          for (const name of ['live-script.html', 'live-module.html']) {
            const answer = await project.answerAt(`${url}/${name}`);
            assert.equal(answer, [2 * width, 2 * height, 64, 32].join());
          }
        },
        { csp: STRICT_CSP },
      );
    },
  },
  {
    name: 'html import map',
    tools: [],
    async check(project) {
      const map = JSON.stringify({ imports: { 'tessera-sr': '/tessera/tessera.mjs' } });
      makeSite(project, {
        'index.html': page(
          `<script type="importmap">${map}</script><script type="module">${module('{}', 'tessera-sr')}</script>`,
        ),
      });
      await project.expectPage('site');
    },
  },
  {
    name: 'html threads',
    tools: [],
    async check(project) {
      const options = "{ variant: 'simd-mt' }";
      makeSite(project, {
        'index.html': page(`<script type="module">${module(options)}</script>`),
      });
      await project.expectPage('site', '', { isolated: true });
    },
  },
  {
    name: 'html Trusted Types',
    tools: [],
    async check(project) {
      const csp = `${STRICT_CSP}; require-trusted-types-for 'script'; trusted-types tessera`;
      makeSite(project, {
        ...tagged,
        'threads.html': page('<script type="module" src="/threads.js"></script>'),
        'threads.js': module("{ variant: 'simd-mt' }"),
      });
      for (const name of ['module.html', 'script.html', 'threads.html']) {
        await project.expectPage('site', name, { csp, isolated: true });
      }
    },
  },
  {
    name: 'html other origin',
    tools: [],
    async check(project) {
      makeSite(project, {});
      await project.whileServed(
        'site',
        async (url) => {
          project.write({
            'page/module.html': page(
              `<script type="module">${module('{}', `${url}/tessera/tessera.mjs`)}</script>`,
            ),
            'page/script.html': page(
              `<script src="${url}/tessera/tessera.js"></script><script>${script()}</script>`,
            ),
          });
          await project.expectPage('page', 'module.html');
          await project.expectPage('page', 'script.html');
          // A policy without blob: is named.
          const csp = `script-src 'unsafe-inline' 'wasm-unsafe-eval' ${url}; connect-src ${url}; worker-src ${url}`;
          const refused = await project.whileServed(
            'page',
            (own) => project.answerAt(`${own}/module.html`),
            { csp },
          );
          assert.match(refused, /worker-src/);
          assert.match(refused, /blob:/);
        },
        { cors: true },
      );
    },
  },
  {
    name: 'html sub-path, base href',
    tools: [],
    async check(project) {
      makeSite(project, {
        'a/b/index.html': page(
          `<script type="module">${module('{}', '../../tessera/tessera.mjs')}</script>`,
        ),
        'base.html': page(
          `<base href="/elsewhere/"><script src="/tessera/tessera.js"></script><script>${script()}</script>`,
        ),
      });
      await project.expectPage('site', 'a/b/');
      await project.expectPage('site', 'base.html');
    },
  },
  {
    name: 'html frames',
    tools: [],
    async check(project) {
      makeSite(project, {});
      await project.whileServed(
        'site',
        async (url) => {
          project.write({
            'site/srcdoc.html': inFrame('', url),
            'site/sandbox.html': inFrame('sandbox="allow-scripts"', url),
          });
          await project.expectBytes(`${url}/srcdoc.html`);
          await project.expectBytes(`${url}/sandbox.html`);
        },
        { cors: true },
      );
    },
  },
  {
    name: 'html policy without wasm',
    tools: [],
    async check(project) {
      makeSite(project, tagged);
      const csp = "script-src 'self'";
      const answer = await project.whileServed(
        'site',
        (url) => project.answerAt(`${url}/module.html`),
        { csp },
      );
      assert.match(answer, /^ERR_UNSUPPORTED: .*wasm-unsafe-eval/);
    },
  },
  {
    name: 'html from a disk',
    tools: [],
    async check(project) {
      makeSite(project, {
        'index.html': page(
          `<script src="tessera/tessera.js"></script><script>${script()}</script>`,
        ),
      });
      const answer = await project.answerAt(pathToFileURL(project.path('site/index.html')).href);
      assert.match(answer, /^ERR_(LOAD|UNSUPPORTED): .*serve/);
    },
  },
];
