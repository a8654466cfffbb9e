// Parts of Markdown files that commands write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedPart, marksOf, replaceGenerated } from '../../../scripts/lib/generated-part.ts';
import { UserError } from '../../../scripts/lib/log.mjs';

const TEXT = ['a', ...marksOf('npm run a'), 'b', ...marksOf('npm run b'), 'c', ''].join('\n');

test('what is between the marks of a command is replaced, and nothing else', () => {
  const once = replaceGenerated(TEXT, 'npm run b', 'new');
  assert.equal(generatedPart(once, 'npm run b'), 'new');
  assert.equal(generatedPart(once, 'npm run a'), '');
  assert.equal(replaceGenerated(once, 'npm run b', 'new'), once);
  assert.equal(once.replace('\n\nnew\n\n', '\n'), TEXT);
});

test('missing marks are an error that shows them', () => {
  assert.throws(() => generatedPart(TEXT, 'npm run c'), UserError);
  assert.throws(() => replaceGenerated(TEXT, 'npm run c', ''), /Written by `npm run c`/);
});
