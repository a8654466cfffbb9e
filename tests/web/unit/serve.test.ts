import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serve } from '../../../scripts/lib/serve.mjs';

describe('the static server', () => {
  test('tells of the paths that are asked for, found or not', async () => {
    const paths: string[] = [];
    const server = await serve({ root: ROOT, onrequest: (path) => paths.push(path) });
    try {
      assert.equal((await fetch(`${server.url}/package.json?a=1#b`)).status, 200);
      assert.equal((await fetch(`${server.url}/no%20such`)).status, 404);
    } finally {
      await server.close();
    }
    assert.deepEqual(paths, ['/package.json', '/no such']);
  });
});
