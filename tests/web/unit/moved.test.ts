// Where tools put the library's files.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { besideUnmoved } from '../../../web/src/load/moved.ts';

/** Gives this process the address of a page. */
function onPage(context: TestContext, href: string): void {
  const scope: { location?: { href: string } } = globalThis;
  scope.location = { href };
  context.after(() => {
    delete scope.location;
  });
}

test('an address without an origin, as Turbopack has it, is of the page', (context) => {
  onPage(context, 'http://localhost:3000/deep/page');
  const file = { href: '/_next/static/media/worker.0a1b.mjs', origin: '' };
  const found = besideUnmoved(file);
  assert.ok(found instanceof URL);
  assert.equal(found.href, 'http://localhost:3000/_next/static/media/worker.0a1b.mjs');
});

test('an address of another origin stays', (context) => {
  onPage(context, 'http://localhost:3000/');
  const file = new URL('https://cdn.example.com/dist/worker.mjs');
  assert.equal(besideUnmoved(file).href, file.href);
});

test("beside Vite's own bundles, a file is that of the package", () => {
  const file = new URL('http://localhost/app/node_modules/.vite/deps/wasm/tessera-simd.wasm');
  const own = 'http://localhost/app/node_modules/tessera-sr/dist/wasm/tessera-simd.wasm';
  assert.equal(besideUnmoved(file).href, own);
});
