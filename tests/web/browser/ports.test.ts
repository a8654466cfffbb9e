// One pool of workers, used through ports by web workers, frames and a service worker.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, type TestPage } from '../support/pages.ts';

// What every client does: it upscales patches that follow from their numbers, and tells of each result's sum.
const CLIENT = `
import { Upscaler } from '/tessera.mjs';
const patch = (number) => {
  const data = Uint8ClampedArray.from({ length: 16 * 16 * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i + 1, 2654435761 * (number + 1)) >>> 24);
  return { data, width: 16, height: 16 };
};
export const sumOf = async (upscaler, number) => {
  const { data } = await upscaler.upscalePatch(patch(number));
  return data.reduce((sum, value, i) => (sum * 31 + value + i) >>> 0, 0);
};
export const serveSums = async ({ port, from, to }, reply) => {
  const upscaler = await Upscaler.connect(port);
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  reply(await Promise.all(numbers.map((number) => sumOf(upscaler, number))));
  await upscaler.dispose();
};`;

const SCRIPTS = {
  '/sums.mjs': CLIENT,
  '/worker-client.mjs': `
    import { serveSums } from '/sums.mjs';
    onmessage = ({ data }) => serveSums(data, (sums) => postMessage(sums));`,
  '/frame-client.mjs': `
    import { serveSums } from '/sums.mjs';
    onmessage = ({ data }) => serveSums(data, (sums) => parent.postMessage(sums, '*'));
    parent.postMessage('ready', '*');`,
  '/service-client.mjs': `
    import { serveSums } from '/sums.mjs';
    onmessage = ({ data, source }) => serveSums(data, (sums) => source.postMessage(sums));`,
  '/busy-client.mjs': `
    import { Upscaler } from '/tessera.mjs';
    onmessage = async ({ data: { port } }) => {
      const upscaler = await Upscaler.connect(port);
      await upscaler.upscale(new ImageData(3000, 2000), {
        tileSize: 128, onprogress: (fraction) => postMessage(fraction) });
    };`,
  '/server.mjs': `
    import { Upscaler } from '/tessera.mjs';
    const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
    const port = upscaler.port();
    postMessage(port, [port]);`,
};

let opened: TestPage;

before(async () => {
  opened = await openPage({ csp: undefined, cors: true, scripts: SCRIPTS });
  await opened.page.evaluate(async () => {
    const kept = globalThis as unknown as Kept;
    kept.upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
    kept.answer = (from) =>
      new Promise((resolve) => {
        from.addEventListener('message', (event) => resolve((event as MessageEvent).data), {
          once: true,
        });
      });
    const sums = '/sums.mjs';
    const { sumOf } = await import(sums);
    kept.sums = (count) =>
      Promise.all(Array.from({ length: count }, (_, number) => sumOf(kept.upscaler, number)));
  });
});

after(() => opened?.close());

/** What the page keeps between tests. */
interface Kept {
  upscaler: InstanceType<Window['tessera']['Upscaler']>;
  /** The next message. */
  answer(from: EventTarget): Promise<unknown>;
  /** What patches come out as without a port. */
  sums(count: number): Promise<number[]>;
}

test('four web workers hand 1,000 patches to one pool', async () => {
  const [found, expected] = await opened.page.evaluate(async () => {
    const { upscaler, answer, sums } = globalThis as unknown as Kept;
    const parts = [0, 1, 2, 3].map(async (quarter) => {
      const worker = new Worker('/worker-client.mjs', { type: 'module' });
      const port = upscaler.port();
      const range = { from: quarter * 250, to: quarter * 250 + 250 };
      worker.postMessage({ port, ...range }, [port]);
      const result = await answer(worker);
      worker.terminate();
      return result as number[];
    });
    return [(await Promise.all(parts)).flat(), await sums(1000)];
  });
  assert.equal(found?.length, 1000);
  assert.deepEqual(found, expected);
  assert.ok(new Set(found).size > 990);
});

test("a frame with an origin of its own uses the page's pool", async () => {
  const [found, expected] = await opened.page.evaluate(async (url) => {
    const { upscaler, answer, sums } = globalThis as unknown as Kept;
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.srcdoc = `<script type="module" src="${url}/frame-client.mjs"></script>`;
    const ready = answer(window);
    document.body.append(frame);
    await ready;
    const port = upscaler.port();
    const reply = answer(window);
    frame.contentWindow?.postMessage({ port, from: 0, to: 8 }, '*', [port]);
    const result = await reply;
    frame.remove();
    return [result, await sums(8)];
  }, opened.url);
  assert.deepEqual(found, expected);
});

test("a service worker uses the page's pool", async () => {
  const [found, expected] = await opened.page.evaluate(async () => {
    const { upscaler, answer, sums } = globalThis as unknown as Kept;
    const { serviceWorker } = navigator;
    const script = { type: 'module', scope: '/service/' } as const;
    const registration = await serviceWorker.register('/service-client.mjs', script);
    const worker = (registration.installing ?? registration.active) as ServiceWorker;
    while (worker.state !== 'activated') await new Promise((resolve) => setTimeout(resolve, 20));
    const port = upscaler.port();
    serviceWorker.startMessages();
    const reply = answer(serviceWorker);
    worker.postMessage({ port, from: 0, to: 8 }, [port]);
    const result = await reply;
    await registration.unregister();
    return [result, await sums(8)];
  });
  assert.deepEqual(found, expected);
});

test('a web worker that is killed leaves the pool to the others', async () => {
  const milliseconds = await opened.page.evaluate(async () => {
    const { upscaler, answer } = globalThis as unknown as Kept;
    const worker = new Worker('/busy-client.mjs', { type: 'module' });
    const port = upscaler.port();
    worker.postMessage({ port }, [port]);
    await answer(worker);
    worker.terminate();
    const begun = performance.now();
    for (let i = 0; i < 20; i++) await upscaler.upscale(new ImageData(64, 64));
    return performance.now() - begun;
  });
  // Beside the rest of 6 megapixels it would be far more.
  assert.ok(milliseconds < 5000, `${milliseconds} ms`);
});

test('when the pool is killed no promise of a client hangs', async () => {
  const codes = await opened.page.evaluate(async () => {
    const { answer } = globalThis as unknown as Kept;
    const server = new Worker('/server.mjs', { type: 'module' });
    const client = await window.tessera.Upscaler.connect((await answer(server)) as MessagePort);
    const code = (run: Promise<unknown>) =>
      run.then(
        () => 'fulfilled',
        (error) => error.code,
      );
    const runs: Promise<string>[] = [];
    await new Promise<void>((resolve) => {
      const onprogress = () => resolve();
      runs.push(code(client.upscale(new ImageData(2000, 1500), { tileSize: 128, onprogress })));
      runs.push(code(client.upscalePatch(new ImageData(64, 64))));
    });
    runs.push(code(client.upscale(new ImageData(2000, 1500))));
    runs.push(code(client.estimate({ width: 640, height: 480 })));
    server.terminate();
    return [...(await Promise.all(runs)), await code(client.upscale(new ImageData(4, 4)))];
  });
  const ends = new Set(codes);
  ends.delete('fulfilled');
  assert.deepEqual([...ends], ['ERR_DISPOSED']);
  assert.equal(codes.at(0), 'ERR_DISPOSED');
  assert.equal(codes.at(-1), 'ERR_DISPOSED');
});
