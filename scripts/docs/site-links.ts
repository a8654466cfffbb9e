// The second half of `npm run site`: whether the pages that were built have what they link.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { log, runMain, UserError } from '../lib/log.mjs';
import { ROOT } from '../lib/paths.mjs';

const SITE = join(ROOT, 'out', 'site');
const BASE = process.env.SITE_BASE ?? '/';

const pages = new Map(
  readdirSync(SITE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => [name, readFileSync(join(SITE, name), 'utf8')]),
);

/** The file of the site that an address of a page stands for. */
function fileOf(page: string, path: string): string {
  if (path === '') return page;
  const name = path.startsWith(BASE) ? path.slice(BASE.length) : join(dirname(page), path);
  const place = join(SITE, name);
  return existsSync(place) && statSync(place).isDirectory() ? join(name, 'index.html') : name;
}

function isDead(page: string, link: string): boolean {
  const [path = '', anchor] = decodeURI(link).split('#');
  const file = fileOf(page, path);
  if (!existsSync(join(SITE, file))) return true;
  return anchor !== undefined && anchor !== '' && !pages.get(file)?.includes(`id="${anchor}"`);
}

await runMain(async () => {
  let count = 0;
  const dead = [...pages].flatMap(([page, text]) => {
    // What stands in code is text.
    const links = [...text.matchAll(/<(?:a|img|link|script)\b[^>]* (?:href|src)="([^"]*)"/g)]
      .map(([, link]) => link as string)
      .filter((link) => !/^(?:[a-z]+:|\/\/)/i.test(link));
    count += links.length;
    return links.filter((link) => isDead(page, link)).map((link) => `${page} links ${link}`);
  });
  if (dead.length > 0) throw new UserError(`links that lead nowhere:\n${dead.join('\n')}`);
  log(`out/site has ${pages.size} pages; none of their ${count} links is dead`);
});
