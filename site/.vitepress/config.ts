// `npm run site`: the Markdown files of the repository as a static site with search, in out/site.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { linksOf } from '../../scripts/docs/links.ts';
import { CHAPTERS, titleOf } from '../../scripts/docs/pages.ts';
import { headingSlug } from '../../scripts/docs/slug.ts';
import { ROOT } from '../../scripts/lib/paths.mjs';

// What is no document, or part of one.
const ELSEWHERE = ['.toolchain', 'build', 'dist', 'out', 'src', 'tests', 'web', 'scripts', 'site'];

// To VitePress, a file of another kind is a page.
process.env.VITE_EXTRA_EXTENSIONS = 'jsx,onnx,py,toml';

// A folder's page is its README.
const addressOf = (file: string) => file.replace(/(^|\/)README\.md(?=#|$)/, '$1index.md');

// biome-ignore lint/style/noDefaultExport: VitePress asks for it.
export default defineConfig({
  title: 'Tessera',
  description: "Super-resolution in the browser, on the visitor's CPU",
  // The files where they lie, so that links mean the same here and in the repository.
  srcDir: '..',
  srcExclude: [...ELSEWHERE.map((folder) => `${folder}/**`), 'models/cards/**'],
  outDir: '../out/site',
  cacheDir: '../build/site',
  base: process.env.SITE_BASE ?? '/',
  rewrites: addressOf,
  markdown: {
    anchor: { slugify: headingSlug },
    config(md) {
      const normalize = md.normalizeLink;
      md.normalizeLink = (url) => normalize(addressOf(url));
    },
  },
  // `npm run docs` looks at links: it knows the files that are no pages too.
  ignoreDeadLinks: true,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: CHAPTERS.map(({ title, documents }) => ({
      text: title,
      items: documents.map(([file]) => ({
        text: titleOf(file),
        link: `/${addressOf(file).replace(/(index)?\.md$/, '')}`,
      })),
    })),
  },
  buildEnd({ outDir, pages }) {
    // Programs read llms.txt and the documents as they are; and documents link files that are no pages.
    const linked = pages.flatMap(linksOf).map(({ target }) => target);
    for (const file of new Set(['llms.txt', ...pages, ...linked])) {
      cpSync(join(ROOT, file), join(outDir, file));
    }
  },
});
