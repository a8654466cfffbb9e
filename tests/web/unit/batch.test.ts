import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { findBatch, parseShard } from '../../../web/cli/batch.ts';

const FILES = [
  'a.png',
  'b.JPG',
  'notes.txt',
  'deep/a.png',
  'deep/c.bmp',
  'deep/deeper/d.webp',
  'large/a.png',
];

let root: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-batch-'));
  for (const file of FILES) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
});

after(() => rm(root, { recursive: true }));

const at = (place: string) => join(root, place);

/** Inputs and outputs, below the folder. */
async function pairs(...args: Parameters<typeof findBatch>): Promise<[string, string][]> {
  const items = await findBatch(...args);
  return items.map(({ input, output }) => [relative(root, input), relative(root, output)]);
}

test('a folder gives its images and those below, less the results', async () => {
  assert.deepEqual(await pairs([root], at('large'), undefined), [
    ['a.png', 'large/a.png'],
    ['b.JPG', 'large/b.jpg'],
    ['deep/a.png', 'large/deep/a.png'],
    ['deep/c.bmp', 'large/deep/c.png'],
    ['deep/deeper/d.webp', 'large/deep/deeper/d.webp'],
  ]);
});

test('a pattern gives what it matches, below its first wildcard', async () => {
  const out = at('out');
  const names = async (pattern: string) =>
    (await pairs([at(pattern)], out, undefined)).map(([input]) => input);
  assert.deepEqual(await names('*.png'), ['a.png']);
  assert.deepEqual(await names('**/a.png'), ['a.png', 'deep/a.png', 'large/a.png']);
  assert.deepEqual(await names('deep/?.*'), ['deep/a.png', 'deep/c.bmp']);
  assert.deepEqual(await names('d*/**/*.webp'), ['deep/deeper/d.webp']);
  await assert.rejects(names('*.gif'), { code: 'ERR_LOAD', message: /no images in/ });
});

test('files are taken once, and a format that is asked for names them', async () => {
  const both = [at('a.png'), at('deep/a.png')];
  await assert.rejects(pairs(both, at('out'), 'jpeg'), { message: /would both become/ });
  assert.deepEqual(await pairs([at('b.JPG'), at('b.JPG'), at('deep/c.bmp')], at('out'), 'jpeg'), [
    ['b.JPG', 'out/b.jpg'],
    ['deep/c.bmp', 'out/c.jpg'],
  ]);
});

test('what is missing, and results among the images, are named', async () => {
  await assert.rejects(findBatch([at('nothing')], at('out'), undefined), /no file or folder/);
  await assert.rejects(findBatch([root], root, undefined), /name another folder/);
});

test('shards share all images out, each file always to the same', async () => {
  const all = await pairs([root], at('large'), undefined);
  const parts = await Promise.all(
    [1, 2, 3].map((index) => pairs([root], at('large'), undefined, { index, count: 3 })),
  );
  assert.deepEqual(parts.flat().sort(), all);
  const fewer = await pairs([at('deep')], at('large'), undefined, { index: 1, count: 1 });
  assert.equal(fewer.length, 3);
  assert.deepEqual(parseShard('2/8'), { index: 2, count: 8 });
  assert.equal(parseShard(undefined), undefined);
  for (const text of ['0/8', '9/8', '2', '2/8/3', 'a/b']) {
    assert.throws(() => parseShard(text), /--shard/);
  }
});
