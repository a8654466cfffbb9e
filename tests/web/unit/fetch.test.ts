import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fetchBytes } from '../../../web/src/fetch-bytes.ts';
import { loadModel } from '../../../web/src/model-source.ts';

const BYTES = Uint8Array.from({ length: 5000 }, (_, i) => i % 256);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

function manifest(sha256: string, bytes: number): string {
  const entry = { file: '../bytes', scale: 2, bytes, sha256 };
  return JSON.stringify({ good: entry, aliases: { nice: 'good' } });
}

const ROUTES: Record<string, (response: ServerResponse) => void> = {
  '/bytes': (response) => response.end(BYTES),
  '/missing': (response) => response.writeHead(404).end('no'),
  '/page': (response) => response.setHeader('content-type', 'text/html').end('<html>'),
  '/broken': (response) => {
    response.setHeader('content-length', BYTES.length);
    response.write(BYTES.subarray(0, 100), () => response.destroy());
  },
  '/stalled': (response) => void response.write(BYTES.subarray(0, 100)),
  '/models/manifest.json': (response) => response.end(manifest(SHA256, BYTES.length)),
  '/wrong/manifest.json': (response) => response.end(manifest('00'.repeat(32), BYTES.length)),
  '/short/manifest.json': (response) => response.end(manifest(SHA256, BYTES.length + 1)),
  '/text/manifest.json': (response) => response.end('not JSON'),
};

let server: Server;
let base: string;

before(async () => {
  server = createServer((request, response) => ROUTES[request.url ?? '']?.(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const TIMEOUT = { timeout: 5000 };

test('a file arrives whole, with progress', async () => {
  const seen: number[] = [];
  const onbytes = (loaded: number) => void seen.push(loaded);
  assert.deepEqual(await fetchBytes(`${base}/bytes`, 'file', { ...TIMEOUT, onbytes }), BYTES);
  assert.equal(seen.at(-1), BYTES.length);
});

test('a 404 names the address and the status', async () => {
  await assert.rejects(fetchBytes(`${base}/missing`, 'wasm core', TIMEOUT), {
    code: 'ERR_LOAD',
    message: `cannot load the wasm core ${base}/missing: the server answered 404`,
    retryable: true,
  });
});

test('a page instead of a file is recognised', async () => {
  await assert.rejects(fetchBytes(`${base}/page`, 'model', TIMEOUT), {
    code: 'ERR_LOAD',
    message: /HTML page \(text\/html\)/,
  });
});

test('a connection that breaks is ERR_LOAD', async () => {
  await assert.rejects(fetchBytes(`${base}/broken`, 'model', TIMEOUT), { code: 'ERR_LOAD' });
});

test('a download that stalls is ERR_TIMEOUT', async () => {
  const download = fetchBytes(`${base}/stalled`, 'model', { timeout: 200 });
  await assert.rejects(download, { code: 'ERR_TIMEOUT' });
});

test('an abort rejects with its reason', async () => {
  const controller = new AbortController();
  const download = fetchBytes(`${base}/stalled`, 'model', {
    ...TIMEOUT,
    signal: controller.signal,
  });
  setTimeout(() => controller.abort('enough'), 50);
  await assert.rejects(download, (reason) => reason === 'enough');
});

test('a model is found by name, alias, address and bytes', async () => {
  const list = `${base}/models/manifest.json`;
  const sources = ['good', 'nice', `${base}/bytes`, new URL(`${base}/bytes`), BYTES];
  for (const source of [...sources, BYTES.slice().buffer, new Blob([BYTES])]) {
    assert.deepEqual(await loadModel(source, list, TIMEOUT), BYTES);
  }
});

test('an unknown model name lists the known ones', async () => {
  await assert.rejects(loadModel('bad', `${base}/models/manifest.json`, TIMEOUT), {
    name: 'RangeError',
    message: "there is no model 'bad'; there are: good",
  });
});

test('what is no model source is a TypeError', async () => {
  await assert.rejects(loadModel(7 as unknown as string, '', TIMEOUT), TypeError);
});

for (const folder of ['wrong', 'short']) {
  test(`a file that is not the published one is ERR_INTEGRITY (${folder})`, async () => {
    const model = loadModel('good', `${base}/${folder}/manifest.json`, TIMEOUT);
    await assert.rejects(model, { code: 'ERR_INTEGRITY' });
  });
}

test('a list that is not JSON is ERR_LOAD', async () => {
  await assert.rejects(loadModel('good', `${base}/text/manifest.json`, TIMEOUT), {
    code: 'ERR_LOAD',
    message: /not JSON/,
  });
});
