// Whether what the documents link is there.

import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { textOf } from './pages.ts';
import { headingSlug } from './slug.ts';

/** The Markdown files of the repository, and llms.txt. */
async function allDocuments(): Promise<string[]> {
  const { stdout } = await run(
    'git',
    ['ls-files', '-co', '--exclude-standard', '*.md', 'llms.txt'],
    {
      cwd: ROOT,
    },
  );
  return stdout
    .trim()
    .split('\n')
    .filter((name) => existsSync(join(ROOT, name)));
}

const withoutCode = (text: string): string =>
  text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

/** The anchors of a document, by the rule that a heading which comes again gets a number. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of textOf(file)
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.+)$/gm)) {
    const slug = headingSlug(heading as string);
    let name = slug;
    for (let n = 1; anchors.has(name); n++) name = `${slug}-${n}`;
    anchors.add(name);
  }
  return anchors;
}

/** A link of a document to something in the repository. */
export interface Link {
  /** As it stands there. */
  text: string;
  /** Path in the repository. */
  target: string;
  anchor: string | undefined;
}

/** The links of a document within the repository. */
export function linksOf(file: string): Link[] {
  return [...withoutCode(textOf(file)).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)]
    .map(([, text]) => text as string)
    .filter((text) => !/^[a-z]+:/i.test(text))
    .map((text) => {
      const [path = '', anchor] = text.split('#');
      return { text, target: path === '' ? file : join(dirname(file), path), anchor };
    });
}

/** Why a link leads nowhere; undefined where it leads somewhere. */
function faultOf({ target, anchor }: Link): string | undefined {
  const place = join(ROOT, target);
  if (!existsSync(place)) return 'no such file';
  // The site has no lists of what is in a folder.
  if (statSync(place).isDirectory()) return 'a folder: link a file in it';
  if (anchor === undefined) return undefined;
  if (!target.endsWith('.md')) return 'an anchor in no document';
  return anchorsOf(target).has(anchor) ? undefined : `no heading #${anchor} in ${target}`;
}

/** Links within the repository that lead nowhere, one line each. */
export async function deadLinks(): Promise<string[]> {
  const files = await allDocuments();
  return files.flatMap((file) =>
    linksOf(file).flatMap((link) => {
      const fault = faultOf(link);
      return fault === undefined ? [] : [`${file} links ${link.text}: ${fault}`];
    }),
  );
}
