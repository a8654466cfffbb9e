// The documents have a place for everything that the library can say.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHAPTERS } from '../../../scripts/docs/pages.ts';
import { headingSlug } from '../../../scripts/docs/slug.ts';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { ERROR_CODES } from '../../../web/src/errors.ts';

test('troubleshooting has an entry for each error code, and for no other', () => {
  const text = readFileSync(join(ROOT, 'docs', 'troubleshooting.md'), 'utf8');
  const entries = [...text.matchAll(/^### (ERR_\w+)$/gm)].map(([, code]) => code);
  assert.deepEqual(entries.sort(), [...ERROR_CODES].sort());
});

test('the menu of the site, and llms.txt, have each document', () => {
  const known = CHAPTERS.flatMap(({ documents }) => documents.map(([file]) => file));
  const names = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  assert.deepEqual(
    names.filter((name) => !known.includes(`docs/${name}`)),
    [],
  );
});

test('anchors are those of GitHub', () => {
  assert.equal(headingSlug('Washed out, white, blue'), 'washed-out-white-blue');
  assert.equal(headingSlug('`tessera eval --data FOLDER`'), 'tessera-eval---data-folder');
  assert.equal(headingSlug('Upscaler\\[Symbol.asyncDispose\\]()'), 'upscalersymbolasyncdispose');
  assert.equal(headingSlug('See [hosting](hosting.md)'), 'see-hosting');
});
