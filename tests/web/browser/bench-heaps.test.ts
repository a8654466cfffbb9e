// The benchmark's view of a page's memory: in a real browser, with a real worker.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type BenchPage, openBenchPage } from '../../../bench/lib/bench-page.ts';
import type { Watch } from '../../../bench/lib/driver.ts';
import { type Heaps, wasmBytes } from '../../../bench/lib/heaps.ts';

const PAGE = 65536 / 1e6;

describe('memory of a page and its workers', () => {
  let bench: BenchPage;
  let heaps: Heaps;

  before(async () => {
    bench = await openBenchPage({ isolated: true });
    const watch = (await bench.watchHeaps()) as Watch;
    const filling = bench.page.evaluate(async () => {
      const shared = new WebAssembly.Memory({ initial: 100, maximum: 100, shared: true });
      // A module that makes a memory of 3 pages and exports it as "m".
      const module = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 3, 7, 5, 1, 1, 109, 2, 0];
      const script = `
        onmessage = async ({ data }) => {
          const bytes = new Uint8Array([${module}]);
          globalThis.kept = [data, await WebAssembly.instantiate(bytes)];
          globalThis.kept.push(new WebAssembly.Memory({ initial: 40 }));
          postMessage('ready');
        };`;
      const worker = new Worker(URL.createObjectURL(new Blob([script])));
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(shared);
      });
      shared.grow(0);
      const kept = new Uint8Array(20e6);
      // Long enough to be looked at.
      await new Promise((resolve) => setTimeout(resolve, 500));
      Object.assign(globalThis, { kept, worker, shared });
    });
    heaps = await watch.during(filling);
    await watch.stop();
  });

  after(() => bench.close());

  test('wasm is what all threads made and what modules export, shared memory once', () => {
    assert.ok(Math.abs(heaps.wasm - 143 * PAGE) < 1e-9, `${heaps.wasm / PAGE} pages`);
  });

  test('the bytes of arrays are in the JavaScript heap, wasm is not', () => {
    assert.ok(heaps.js > 20 && heaps.js < 60, `${heaps.js} MB`);
  });

  test('shared memory that several threads list is counted for one', () => {
    const shared = { shared: true, bytes: 100 };
    const own = { shared: false, bytes: 7 };
    assert.equal(wasmBytes([[shared, own], [shared], [own]]), 114);
    assert.equal(wasmBytes([]), 0);
  });
});
