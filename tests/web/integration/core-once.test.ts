// The core is fetched and compiled once for upscalers that are there at the same time.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fetchFile } from '../../../web/node/host.ts';
import type { CreateOptions, FetchFunction, Upscaler } from '../../../web/src/index.ts';
import { openUpscaler } from '../support/node-upscaler.ts';

/** A way to load files that counts those of the core. */
function counting(more: (url: string) => Promise<void> | void = () => {}) {
  const seen = { cores: 0 };
  const fetch: FetchFunction = async (url, init) => {
    if (url.endsWith('.wasm')) seen.cores++;
    await more(url);
    return fetchFile(url, init);
  };
  return { seen, fetch };
}

async function open(context: TestContext, options: CreateOptions): Promise<Upscaler> {
  const upscaler = await openUpscaler({ model: 'photo-x2-tiny', workers: 1, ...options });
  context.after(() => upscaler.dispose());
  return upscaler;
}

const pixel = { data: Uint8Array.of(9, 99, 199, 255), width: 1, height: 1 };

test('later upscalers take what is compiled, and their progress ends at 1 all the same', async (context) => {
  const { seen, fetch } = counting();
  const first = await open(context, { fetch });
  const fractions: number[] = [];
  const second = await open(context, { fetch, onprogress: (fraction) => fractions.push(fraction) });
  assert.equal(seen.cores, 1);
  assert.equal(fractions.at(-1), 1);
  await first.dispose();
  assert.equal((await second.upscale(pixel, { output: 'raw' })).width, 2);
});

test('two at once load it once, and one that is aborted does not stop the other', async (context) => {
  const { seen, fetch } = counting(() => new Promise((resolve) => setTimeout(resolve, 200)));
  const stopper = new AbortController();
  const aborted = open(context, { fetch, signal: stopper.signal });
  const other = open(context, { fetch });
  setTimeout(() => stopper.abort(new Error('enough')), 50);
  await assert.rejects(aborted, { message: 'enough' });
  assert.equal((await (await other).upscale(pixel, { output: 'raw' })).width, 2);
  assert.equal(seen.cores, 1);
});

test('when all who wait are gone it is no longer loaded, and the next loads it anew', async (context) => {
  let stopped = false;
  let cores = 0;
  const fetch: FetchFunction = (url, init) => {
    if (!url.endsWith('.wasm')) return fetchFile(url, init);
    cores++;
    if (cores > 1) return fetchFile(url, init);
    return new Promise((_, reject) => {
      init.signal.addEventListener('abort', () => {
        stopped = true;
        reject(new Error('stopped'));
      });
    });
  };
  const signal = AbortSignal.timeout(100);
  await assert.rejects(open(context, { fetch, signal }), { name: 'TimeoutError' });
  assert.ok(stopped);
  await open(context, { fetch });
  assert.equal(cores, 2);
});

test('a core that did not load is loaded anew', async (context) => {
  let broken = true;
  const { seen, fetch } = counting((url) => {
    if (broken && url.endsWith('.wasm')) throw new Error('unplugged');
  });
  await assert.rejects(open(context, { fetch }), { code: 'ERR_LOAD' });
  broken = false;
  await open(context, { fetch });
  assert.equal(seen.cores, 2);
});

test('another way to load files loads its own', async (context) => {
  const [a, b] = [counting(), counting()];
  await open(context, { fetch: a.fetch });
  await open(context, { fetch: b.fetch });
  assert.deepEqual([a.seen.cores, b.seen.cores], [1, 1]);
});
