import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  ERROR_CODES,
  fromWireError,
  TesseraError,
  toErrorCode,
  toWireError,
} from '../../../web/src/errors.ts';
import { VERSION } from '../../../web/src/version.ts';

const root = new URL('../../../', import.meta.url);

test('the error codes are those of the C++ core, in the same order', () => {
  const definitions = readFileSync(new URL('src/core/status_codes.def', root), 'utf8');
  const codes = [...definitions.matchAll(/^TESSERA_STATUS\(k\w+, "(ERR_\w+)"/gm)].map(
    ([, code]) => code,
  );
  assert.deepEqual([...ERROR_CODES], codes);
});

test('the version is that of the package', () => {
  assert.equal(VERSION, JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version);
});

test('an error keeps its code, message and details across a worker boundary', () => {
  const error = new TesseraError('ERR_MODEL_OP', 'no Foo', { details: { node: 'foo_1' } });
  const copy = fromWireError(structuredClone(toWireError(error)));
  assert.ok(copy instanceof TesseraError);
  assert.deepEqual(
    [copy.code, copy.message, copy.details],
    ['ERR_MODEL_OP', 'no Foo', { node: 'foo_1' }],
  );
});

test('whatever is thrown becomes an ERR_INTERNAL on the wire', () => {
  assert.equal(toWireError('text').message, 'text');
  assert.equal(toWireError(new Error('why')).code, 'ERR_INTERNAL');
  assert.equal(toErrorCode('ERR_FROM_THE_FUTURE'), 'ERR_INTERNAL');
  assert.equal(toErrorCode('ERR_MODEL_OP'), 'ERR_MODEL_OP');
});

test('only failures that can pass by themselves are retryable', () => {
  const retryable = ERROR_CODES.filter((code) => new TesseraError(code, '').retryable);
  assert.deepEqual(retryable, [
    'ERR_LOAD',
    'ERR_TIMEOUT',
    'ERR_OUT_OF_MEMORY',
    'ERR_WORKER_CRASHED',
  ]);
});
