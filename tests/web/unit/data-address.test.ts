import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataBytes } from '../../../web/src/load/data-address.ts';

// Node's fetch follows the standard: it is the reference.
for (const url of [
  'data:,',
  'data:,hello',
  'data:text/plain,a%20b%2',
  'data:text/plain;charset=utf-8,%E2%82%AC-%zz-€',
  'data:;base64,AAECAwQ=',
  'data:application/octet-stream;BASE64 ,AA EC\nAw==',
  'data:;base64,AAEC%41w%3D%3D',
  'data:,before#after',
  'data:image/svg+xml,%3Csvg xmlns=%22x%22/%3E',
]) {
  test(`${JSON.stringify(url)} holds what fetch finds`, async () => {
    const expected = new Uint8Array(await (await fetch(url)).arrayBuffer());
    assert.deepEqual([...dataBytes(url, 'image')], [...expected]);
  });
}

for (const [url, why] of [
  ['data:nothing', /no comma/],
  ['data:;base64,@@@', /data: address of the model/],
] as const) {
  test(`${url} is ERR_LOAD`, () => {
    assert.throws(() => dataBytes(url, 'model'), { code: 'ERR_LOAD', message: why });
  });
}
