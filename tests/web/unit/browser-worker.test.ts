// Hosts that have workers and are no browsers: no origin, and no location.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBrowserWorker } from '../../../web/src/pool/browser-worker.ts';

interface Scope {
  Worker?: unknown;
}

test('without an origin, a worker starts from its own address', (context) => {
  const scope: Scope = globalThis;
  const started: [string, unknown][] = [];
  scope.Worker = class {
    constructor(url: URL | string, options: unknown) {
      started.push([String(url), options]);
    }
  };
  context.after(() => {
    delete scope.Worker;
  });
  assert.equal('location' in globalThis, false);
  startBrowserWorker(new URL('file:///folder/worker.mjs'));
  startBrowserWorker(undefined);
  const options = { type: 'module', name: 'tessera' };
  assert.deepEqual(started[0], ['file:///folder/worker.mjs', options]);
  assert.match(started[1]?.[0] ?? '', /^file:.*worker\.mjs$/);
});

test('a host without workers says what to pass', () => {
  assert.throws(() => startBrowserWorker(undefined), {
    code: 'ERR_UNSUPPORTED',
    message: /createWorker/,
  });
});
