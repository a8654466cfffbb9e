import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { familyNames } from '../../../web/src/load/families.ts';
import { fetchBytes } from '../../../web/src/load/fetch-bytes.ts';
import { parseIntegrity } from '../../../web/src/load/integrity.ts';
import { loadModel } from '../../../web/src/load/model-source.ts';
import { ALIASES, SHIPPED_MODELS } from '../../../web/src/load/shipped-models.ts';

const BYTES = Uint8Array.from({ length: 5000 }, (_, i) => i % 256);

/** A shipped model, beneath three folders: as it is, with another byte, and without its last one. */
const MODEL = new Uint8Array(readFileSync(join(ROOT, 'models', 'photo-x2-small.onnx')));
const CHANGED = MODEL.map((byte, i) => (i === 1000 ? byte ^ 1 : byte));

const ROUTES: Record<string, (response: ServerResponse) => void> = {
  '/bytes': (response) => response.end(BYTES),
  '/missing': (response) => response.writeHead(404).end('no'),
  '/page': (response) => response.setHeader('content-type', 'text/html').end('<html>'),
  '/broken': (response) => {
    response.setHeader('content-length', BYTES.length);
    response.write(BYTES.subarray(0, 100), () => response.destroy());
  },
  '/stalled': (response) => void response.write(BYTES.subarray(0, 100)),
  '/models/photo-x2-small.onnx': (response) => response.end(MODEL),
  '/changed/photo-x2-small.onnx': (response) => response.end(CHANGED),
  '/short/photo-x2-small.onnx': (response) => response.end(MODEL.subarray(0, -1)),
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

const TIMEOUT = { timeout: 5000, convert: async () => assert.fail('it is an ONNX file') };

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

test('a model is found by name and other name', async () => {
  for (const name of ['photo-x2-small', 'photo-x2']) {
    const loaded = await loadModel(name, new URL(`${base}/models/`), TIMEOUT);
    assert.deepEqual(loaded.bytes, MODEL);
  }
});

test('a model is found by address, and taken as bytes', async () => {
  const sources = [`${base}/bytes`, new URL(`${base}/bytes`), BYTES];
  for (const source of [...sources, BYTES.slice().buffer, new Blob([BYTES])]) {
    const loaded = await loadModel(source, undefined, TIMEOUT);
    assert.deepEqual(loaded.bytes, BYTES);
  }
});

test('an unknown model name lists the known ones', async () => {
  const models = Object.keys(SHIPPED_MODELS).join(', ');
  const families = familyNames().join(', ');
  for (const name of ['bad', 'constructor']) {
    await assert.rejects(loadModel(name, undefined, TIMEOUT), {
      name: 'RangeError',
      message: `there is no model '${name}'; there are: ${models}; and families: ${families}`,
    });
  }
});

test('what is no model source is a TypeError', async () => {
  await assert.rejects(loadModel(7 as unknown as string, undefined, TIMEOUT), TypeError);
});

for (const folder of ['changed', 'short']) {
  test(`a file that is not the published one is ERR_INTEGRITY (${folder})`, async () => {
    const model = loadModel('photo-x2', new URL(`${base}/${folder}/`), TIMEOUT);
    await assert.rejects(model, { code: 'ERR_INTEGRITY' });
  });
}

test('the library knows the models of the manifest', () => {
  const { aliases, ...models } = JSON.parse(
    readFileSync(join(ROOT, 'models', 'manifest.json'), 'utf8'),
  );
  assert.deepEqual(ALIASES, aliases);
  assert.deepEqual(Object.keys(SHIPPED_MODELS), Object.keys(models));
  for (const [name, { scale, bytes, sha256, beside }] of Object.entries(SHIPPED_MODELS)) {
    const file = `${name}.onnx`;
    assert.deepEqual({ scale, bytes, sha256, file }, models[name], name);
    assert.ok(beside().pathname.endsWith(`/models/${file}`), beside().href);
  }
});

test('integrity accepts the file whose digest it names, and no other', async () => {
  const hash = (algorithm: string, bytes: Uint8Array) =>
    `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
  for (const algorithm of ['sha256', 'sha384', 'sha512']) {
    const right = parseIntegrity(hash(algorithm, BYTES));
    const { bytes } = await loadModel(`${base}/bytes`, undefined, TIMEOUT, right);
    assert.deepEqual(bytes, BYTES);
    const wrong = parseIntegrity(hash(algorithm, MODEL));
    await assert.rejects(loadModel(BYTES, undefined, TIMEOUT, wrong), { code: 'ERR_INTEGRITY' });
  }
  // Of several strengths the strongest counts, and of its hashes any.
  const list = [hash('sha256', MODEL), hash('sha384', MODEL), hash('sha384', BYTES)].join(' ');
  await loadModel(BYTES, undefined, TIMEOUT, parseIntegrity(list));
  for (const text of ['', 'sha1-AAAA', 'sha256', 'sha384-?', 7]) {
    assert.throws(() => parseIntegrity(text), TypeError);
  }
});
