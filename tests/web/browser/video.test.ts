// Video that plays, and frames of WebCodecs, in real Chromium: a fake camera, a recorded clip, canvases.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { STRICT_CSP } from '../../../scripts/lib/serve.mjs';
import { openPage, type TestPage } from '../support/pages.ts';

declare global {
  interface Window {
    /** Waits until something holds, however busy the machine is. */
    until(holds: () => boolean): Promise<void>;
    /** A canvas that changes: a box that moves on a still ground, or everything. */
    paint(width: number, height: number, all?: boolean): { canvas: HTMLCanvasElement; end(): void };
    /** A clip of such a canvas, as a file. */
    recordClip(width: number, height: number): Promise<string>;
    /** How a promise ends. */
    outcome(promise: Promise<unknown>): Promise<string>;
  }
}

const HELPERS = `
  window.until = async (holds) => {
    while (!holds()) await new Promise((done) => setTimeout(done, 20));
  };
  window.outcome = (promise) => promise.then(() => 'fulfilled', ({ code, name }) => (typeof code === 'string' ? code : name));
  window.paint = (width, height, all = false) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    let count = 0;
    const draw = () => {
      const shade = all ? (count * 7) % 256 : 80;
      context.fillStyle = 'rgb(' + shade + ' 120 90)';
      context.fillRect(0, 0, width, height);
      context.fillStyle = 'white';
      context.fillRect((count++ * 3) % width, 10, 8, 8);
    };
    draw();
    const timer = setInterval(draw, 15);
    return { canvas, end: () => clearInterval(timer) };
  };
  window.recordClip = async (width, height) => {
    const { canvas, end } = paint(width, height, true);
    const recorder = new MediaRecorder(canvas.captureStream());
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start(100);
    await until(() => parts.reduce((sum, { size }) => sum + size, 0) > 1500 && parts.length >= 6);
    const stopped = new Promise((done) => { recorder.onstop = done; });
    recorder.stop();
    await stopped;
    end();
    return URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
  };
`;

let opened: TestPage;

before(async () => {
  opened = await openPage({
    csp: `${STRICT_CSP.replace("connect-src 'self'", "connect-src 'self' blob:")}; media-src * blob:`,
    args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    init: HELPERS,
  });
});
after(() => opened?.close());

test('what did not change is kept, and no byte differs from frames that are done whole', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
    let at = 0;
    // Still, a spot, far corners, all, another size, and back.
    const frame = (width: number, height: number, spots: [number, number][], shade = 0) => {
      const data = new Uint8ClampedArray(width * height * 4);
      for (let i = 0; i < data.length; i++) {
        data[i] = i % 4 === 3 ? 255 : (Math.imul(i + shade, 2654435761) >>> 25) + 60;
      }
      for (const [x, y] of spots) data.fill(255, (y * width + x) * 4, (y * width + x) * 4 + 12);
      return { data, width, height };
    };
    const [w, h] = [250, 190];
    const pictures = [
      frame(w, h, []),
      frame(w, h, []),
      frame(w, h, [[100, 60]]),
      frame(w, h, [
        [0, 0],
        [w - 3, h - 1],
      ]),
      frame(w, h, [], 1),
      frame(97, 64, []),
      frame(97, 64, [[63, 40]]),
      frame(w, h, [[64, 64]], 1),
    ];
    const run = async (reuse: boolean) => {
      const results: { bytes: Uint8Array; timestamp: number }[] = [];
      const source = new ReadableStream<VideoFrame>({
        pull(controller) {
          const picture = pictures[at++ % pictures.length];
          if (at > pictures.length || picture === undefined) {
            controller.close();
            at = 0;
            return;
          }
          const { data, width, height } = picture;
          const size = { codedWidth: width, codedHeight: height };
          controller.enqueue(new VideoFrame(data, { format: 'RGBA', ...size, timestamp: at * 40 }));
        },
      });
      await source.pipeThrough(upscaler.transformer({ reuse })).pipeTo(
        new WritableStream<VideoFrame>({
          async write(result) {
            const bytes = new Uint8Array(result.allocationSize());
            await result.copyTo(bytes);
            results.push({ bytes, timestamp: result.timestamp });
            result.close();
          },
        }),
      );
      return results;
    };
    const kept = await run(true);
    const whole = await run(false);
    const differing: number[] = [];
    for (const [i, picture] of pictures.entries()) {
      const { data } = await upscaler.upscale(picture, { output: 'raw' });
      const same = (bytes: Uint8Array | undefined) =>
        bytes?.length === data.length && data.every((byte, at) => byte === bytes[at]);
      if (!same(kept[i]?.bytes) || !same(whole[i]?.bytes)) differing.push(i);
    }
    await upscaler.dispose();
    return { differing, times: kept.map(({ timestamp }) => timestamp) };
  });
  assert.deepEqual(found.differing, []);
  assert.deepEqual(found.times, [40, 80, 120, 160, 200, 240, 280, 320]);
});

test('a canvas: most of a still ground is kept; stopping ends it, and leaves the picture', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
    const { canvas, end } = window.paint(320, 180);
    const live = await upscaler.video(canvas);
    await window.until(() => live.stats().frames >= 5);
    const { reused, fps, latency, model } = live.stats();
    const streams = live.stream.getVideoTracks().length;
    live.stop();
    await live.closed;
    const { frames } = live.stats();
    end();
    const size = [live.canvas.width, live.canvas.height];
    const [red] = live.canvas.getContext('2d')?.getImageData(600, 300, 1, 1).data ?? [];
    await new Promise((done) => setTimeout(done, 100));
    const after = live.stats().frames - frames;
    await upscaler.dispose();
    return { reused, fps, latency, model, streams, size, red, after };
  });
  assert.ok(found.reused > 0.5 && found.reused < 1, String(found.reused));
  assert.ok(found.fps > 0 && found.latency > 0);
  assert.ok(Math.abs((found.red as number) - 80) < 8, String(found.red));
  const { model, streams, size, after } = found;
  assert.deepEqual(
    { model, streams, size, after },
    { model: 'photo-x2-tiny', streams: 1, size: [640, 360], after: 0 },
  );
});

test('a clip: paused, sought, at its end, another source, and a worker that dies meanwhile', async () => {
  const { page } = opened;
  const running = page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({
      ...{ model: 'photo-x2-tiny', workers: 2 },
      // So long it takes to notice the worker that dies.
      timeout: 10_000,
    });
    const [small, large] = [await window.recordClip(96, 64), await window.recordClip(160, 90)];
    const video = Object.assign(document.createElement('video'), { muted: true, src: small });
    document.body.append(video);
    await window.until(() => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
    const canvas = document.createElement('canvas');
    const live = await upscaler.video(video, { canvas });
    const sizes: string[] = [];
    const more = async (what: string) => {
      const { frames } = live.stats();
      await window.until(() => live.stats().frames > frames);
      sizes.push(`${what} ${canvas.width}x${canvas.height}`);
    };
    // The frame that is there is shown though nothing plays.
    await window.until(() => live.stats().frames > 0);
    sizes.push(`paused ${canvas.width}x${canvas.height}`);
    await video.play();
    await window.until(() => video.ended);
    video.currentTime = 0.1;
    await more('sought');
    document.title = 'kill';
    await window.until(() => document.title === '');
    await video.play();
    await more('again');
    video.src = large;
    await video.play();
    await window.until(() => canvas.width === 320);
    sizes.push(`other ${canvas.width}x${canvas.height}`);
    const same = live.canvas === canvas;
    const closed = window.outcome(live.closed);
    await upscaler.dispose();
    return { sizes, same, closed: await closed };
  });
  await page.waitForFunction(() => document.title === 'kill', null, { polling: 50 });
  await page
    .workers()[0]
    ?.evaluate('self.close()')
    .catch(() => undefined);
  await page.evaluate(() => {
    document.title = '';
  });
  assert.deepEqual(await running, {
    sizes: ['paused 192x128', 'sought 192x128', 'again 192x128', 'other 320x180'],
    same: true,
    closed: 'ERR_DISPOSED',
  });
});

test('a machine that is too slow drops frames, keeps one waiting, and goes over to a lighter model', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-medium', workers: 1 });
    const { canvas, end } = window.paint(400, 300, true);
    let open = 0;
    let most = 0;
    // Frames that are held at the same time.
    const Own = window.VideoFrame;
    window.VideoFrame = new Proxy(Own, {
      construct(target, given: [VideoFrame]) {
        const frame = new target(...given);
        most = Math.max(most, ++open);
        const close = frame.close.bind(frame);
        frame.close = () => {
          open--;
          close();
        };
        return frame;
      },
    });
    const live = await upscaler.video(canvas);
    await window.until(() => live.stats().model === 'photo-x2-small');
    const { dropped, frames } = live.stats();
    live.stop();
    await live.closed;
    await window.until(() => open === 0);
    window.VideoFrame = Own;
    end();
    await upscaler.dispose();
    return { dropped, frames, most };
  });
  assert.ok(found.dropped > found.frames / 4, JSON.stringify(found));
  // One that waits, and one that is read.
  assert.ok(found.most <= 2, JSON.stringify(found));
});

test('a camera, into a stream; an abort ends it with its reason', async () => {
  const found = await opened.page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
    const camera = await navigator.mediaDevices.getUserMedia({
      video: { width: 160, height: 120 },
    });
    const controller = new AbortController();
    const live = await upscaler.video(camera, { signal: controller.signal, adapt: 'none' });
    const shown = Object.assign(document.createElement('video'), { muted: true });
    await window.until(() => live.stats().frames > 0);
    shown.srcObject = live.stream;
    await shown.play();
    await window.until(() => shown.videoWidth === 320);
    const reason = new Error('enough');
    controller.abort(reason);
    const same = await live.closed.catch((error) => error === reason);
    const states = [camera, live.stream].map((stream) => stream.getTracks()[0]?.readyState);
    for (const track of camera.getTracks()) track.stop();
    const later = await window.outcome(upscaler.video(camera, { signal: controller.signal }));
    const wrong = await window.outcome(upscaler.video({} as MediaStream));
    await upscaler.dispose();
    return { same, states, later, wrong };
  });
  assert.deepEqual(found, {
    same: true,
    states: ['live', 'ended'],
    later: 'Error',
    wrong: 'TypeError',
  });
});

test('browsers that tell of no frames, and know none, are watched by the time and read through a canvas', async () => {
  const { page } = opened;
  const frames = await page.evaluate(async () => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
    const { VideoFrame: Own } = window;
    const { requestVideoFrameCallback: ask } = HTMLVideoElement.prototype;
    Object.assign(window, { VideoFrame: undefined });
    Object.assign(HTMLVideoElement.prototype, { requestVideoFrameCallback: undefined });
    const { canvas, end } = window.paint(160, 90);
    const live = await upscaler.video(canvas);
    await window.until(() => live.stats().frames >= 3 && live.canvas.width === 320);
    const [shade] = live.canvas.getContext('2d')?.getImageData(300, 150, 1, 1).data ?? [];
    live.stop();
    end();
    Object.assign(window, { VideoFrame: Own });
    Object.assign(HTMLVideoElement.prototype, { requestVideoFrameCallback: ask });
    await upscaler.dispose();
    return { shade };
  });
  assert.ok(Math.abs((frames.shade as number) - 80) < 8, String(frames.shade));
});

test('a video of another origin that may not be read ends with a SecurityError', async () => {
  const { page, url } = opened;
  const clip = await page.evaluate(async () => {
    const file = await (await fetch(await window.recordClip(96, 64))).arrayBuffer();
    return [...new Uint8Array(file)];
  });
  const elsewhere = `${url.replace('127.0.0.1', 'localhost')}/clip.webm`;
  await page.route(elsewhere, (route) =>
    route.fulfill({ body: Buffer.from(clip), contentType: 'video/webm' }),
  );
  const outcome = await page.evaluate(async (src) => {
    const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
    const video = Object.assign(document.createElement('video'), { muted: true, src });
    const live = await upscaler.video(video);
    void video.play().catch(() => {});
    const closed = await window.outcome(live.closed);
    await upscaler.dispose();
    return closed;
  }, elsewhere);
  assert.equal(outcome, 'SecurityError');
});
