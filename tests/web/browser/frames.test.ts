// The pictures of animations, one by one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { failure, openPage, type TestPage } from '../support/pages.ts';

// Colours that a GIF keeps as they are.
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;
const DURATIONS = [100, 250, 40];
const EDGE = 24;

/** Pictures of one colour each, one below the other, as sharp takes them. */
function animation(): Sharp {
  const rows = COLOURS.map((colour) =>
    Buffer.alloc(EDGE * EDGE * 3).map((_, i) => colour[i % 3] as number),
  );
  const raw = {
    width: EDGE,
    height: EDGE * COLOURS.length,
    channels: 3,
    pageHeight: EDGE,
  } as const;
  return sharp(Buffer.concat(rows), { raw });
}

const address = (bytes: Buffer, type: string) => `data:${type};base64,${bytes.toString('base64')}`;

let opened: TestPage;

before(async () => {
  opened = await openPage({ csp: undefined });
  const gif = address(await animation().gif({ delay: DURATIONS }).toBuffer(), 'image/gif');
  const webp = address(
    await animation().webp({ lossless: true, delay: DURATIONS }).toBuffer(),
    'image/webp',
  );
  const still = address(await animation().png().toBuffer(), 'image/png');
  await opened.page.evaluate(
    async (files) => {
      const { Upscaler } = window.tessera;
      const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', workers: 1 });
      Object.assign(globalThis, { upscaler, files });
    },
    { gif, webp, still },
  );
});

after(() => opened?.close());

declare const upscaler: import('../../../web/src/index.ts').Upscaler;
declare const files: Record<'gif' | 'webp' | 'still', string>;

for (const kind of ['gif', 'webp'] as const) {
  test(`every picture of a ${kind} comes with its duration`, async () => {
    const found = await opened.page.evaluate(async (kind) => {
      const frames = [];
      const fractions: number[] = [];
      const onprogress = (fraction: number) => fractions.push(fraction);
      for await (const frame of upscaler.frames(files[kind], { output: 'raw', onprogress })) {
        const { image, ...rest } = frame;
        const middle = (image.width * image.height) / 2 + image.width / 2;
        frames.push({
          ...rest,
          width: image.width,
          pixel: [...image.data.slice(4 * middle, 4 * middle + 4)],
        });
      }
      return { frames, fractions };
    }, kind);
    assert.deepEqual(
      found.frames.map(({ index, count, duration, width }) => [index, count, duration, width]),
      DURATIONS.map((duration, index) => [index, 3, duration, 2 * EDGE]),
    );
    for (const [i, { pixel }] of found.frames.entries()) {
      const expected = [...(COLOURS[i] as readonly number[]), 255];
      assert.ok(
        pixel.every((value, c) => Math.abs(value - (expected[c] as number)) <= 6),
        `${pixel}`,
      );
    }
    const { fractions } = found;
    assert.ok(fractions.every((fraction, i) => i === 0 || fraction > (fractions[i - 1] as number)));
    assert.deepEqual([fractions.length >= 3, fractions.at(-1)], [true, 1]);
  });
}

test('a picture that does not move is one frame', async () => {
  const counts = await opened.page.evaluate(async () => {
    const counts: number[] = [];
    for await (const { count, duration } of upscaler.frames(files.still))
      counts.push(count, duration);
    return counts;
  });
  assert.deepEqual(counts, [1, 0]);
});

test('leaving the loop and an abort end it, and the next call works', async () => {
  const found = await opened.page.evaluate(async () => {
    let frames = 0;
    for await (const _ of upscaler.frames(files.gif)) {
      frames++;
      break;
    }
    const controller = new AbortController();
    const reason = await (async () => {
      for await (const _ of upscaler.frames(files.gif, { signal: controller.signal })) {
        frames++;
        controller.abort('enough');
      }
      return 'none';
    })().catch((error) => error);
    const next = await upscaler.upscale(files.gif);
    return [frames, reason, next.width];
  });
  assert.deepEqual(found, [2, 'enough', 2 * EDGE]);
});

test('what is no animation, and a browser without ImageDecoder, are named', async () => {
  const text = await failure(opened, async () => {
    for await (const _ of upscaler.frames(new Blob(['no picture at all']))) break;
  });
  assert.match(`${text.code} ${text.message}`, /ERR_UNSUPPORTED.*GIF, APNG/);
  const damaged = await failure(opened, async () => {
    const bytes = await (await fetch(files.gif)).arrayBuffer();
    for await (const _ of upscaler.frames(new Blob([bytes.slice(0, 14)])));
  });
  assert.equal(damaged.code, 'ERR_IMAGE_DECODE');
  const wrong = await failure(opened, async () => {
    for await (const _ of upscaler.frames(7 as unknown as string)) break;
  });
  assert.equal(wrong.name, 'TypeError');
  const old = await failure(opened, async () => {
    Object.assign(globalThis, { ImageDecoder: undefined });
    for await (const _ of upscaler.frames(files.gif)) break;
  });
  assert.match(`${old.code} ${old.message}`, /ERR_UNSUPPORTED.*ImageDecoder/);
});
