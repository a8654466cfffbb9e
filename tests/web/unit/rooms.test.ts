// The folders of the library import one another in one direction only.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../../web/src/', import.meta.url));

// Each may import those before it; `.` holds what the page sees.
const ROOMS = [
  'base',
  'convert',
  'load',
  'image',
  'tiling',
  'worker',
  'pool',
  'quantize',
  'port',
  'video',
  '.',
  'element',
];
// What every room may import; these import only one another.
const VOCABULARY = ['errors.ts', 'host-types.ts', 'types.ts', 'variants.ts', 'version.ts'];

interface Import {
  from: string;
  to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)\.js'/g)];
  return specifiers.map(([, path]) => ({
    from: file,
    to: normalize(join(dirname(file), `${path}.ts`)),
  }));
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const imports = files.flatMap(importsOf);

/** The words that all know are lowest, then the rooms in order. */
function level(file: string): number {
  if (VOCABULARY.includes(file)) return -1;
  return ROOMS.indexOf(dirname(file));
}

test('every folder of web/src has a place in the order', () => {
  const folders = new Set(files.map((file) => dirname(file)));
  assert.deepEqual([...folders].sort(), [...ROOMS].sort());
});

test('imports go one way', () => {
  assert.ok(imports.length > files.length, 'the imports were found');
  const wrong = imports.filter(({ from, to }) => !files.includes(to) || level(to) > level(from));
  assert.deepEqual(wrong, []);
});

test('no file imports itself by way of others', () => {
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    assert.ok(!open.has(file), `a circle: ${[...path, file].join(' > ')}`);
    if (done.has(file)) return;
    open.add(file);
    for (const { from, to } of imports) if (from === file) visit(to, [...path, file]);
    open.delete(file);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('CONTRIBUTING.md lists the folders in that order', () => {
  const text = readFileSync(join(source, '../../CONTRIBUTING.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `web\/src\/(\w+)\/`/gm)].map(([, name]) => name);
  assert.deepEqual(
    listed,
    ROOMS.filter((room) => room !== '.'),
  );
});
