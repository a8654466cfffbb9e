// Every kind of input and output carries the same pixels; transparency survives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageInput } from '../../../web/src/index.ts';
import { describeOnPages } from '../support/pages.ts';

describeOnPages('formats', (opened) => {
  test('every kind of input in every kind of output has the bytes of the pixels themselves', async () => {
    const table = await opened().page.evaluate(async () => {
      const [width, height] = [40, 26];
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny', workers: 2 });
      const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : (i * 7919) % 251,
      );
      const imageData = new ImageData(data, width, height);
      const expected = await upscaler.upscale({ data, width, height }, { output: 'raw' });

      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      canvas.getContext('2d')?.putImageData(imageData, 0, 0);
      const offscreen = new OffscreenCanvas(width, height);
      offscreen.getContext('2d')?.putImageData(imageData, 0, 0);
      const blob = await offscreen.convertToBlob();
      const address = canvas.toDataURL();
      const image = Object.assign(new Image(), { src: address });
      const objectAddress = URL.createObjectURL(blob);
      const init = {
        format: 'RGBA',
        codedWidth: width,
        codedHeight: height,
        timestamp: 0,
      } as const;
      const rgb = data.filter((_, i) => i % 4 !== 3);
      const inputs = {
        'data: address': address,
        'blob: address': new URL(objectAddress),
        blob,
        file: new File([blob], 'picture.png'),
        imageData,
        bitmap: await createImageBitmap(blob),
        'image element': image,
        canvas,
        offscreen,
        'video frame': new VideoFrame(data, init),
        'RGB bytes': { data: rgb, width, height },
        'bytes that are shared': { data: new Uint8Array(data), width, height },
      };

      const drawn = (source: CanvasImageSource) => {
        const copy = new OffscreenCanvas(2 * width, 2 * height);
        const context = copy.getContext('2d') as OffscreenCanvasRenderingContext2D;
        context.drawImage(source, 0, 0);
        return context.getImageData(0, 0, copy.width, copy.height);
      };
      const decoded = async (file: Blob) => drawn(await createImageBitmap(file));
      const fileOf = (stream: ReadableStream) => new Response(stream).blob();
      const raw = 'application/octet-stream';
      type Pixels = { data: ArrayLike<number> };
      const outputs: Record<string, (input: ImageInput) => Promise<Pixels>> = {
        raw: (input) => upscaler.upscale(input, { output: 'raw' }),
        imagedata: (input) => upscaler.upscale(input, { output: 'imagedata' }),
        imagebitmap: async (input) =>
          drawn(await upscaler.upscale(input, { output: 'imagebitmap' })),
        canvas: async (input) => drawn(await upscaler.upscale(input, { output: 'canvas' })),
        blob: async (input) => decoded(await upscaler.upscale(input, { output: 'blob' })),
        base64: async (input) => {
          const text = await upscaler.upscale(input, { output: 'base64' });
          const bytes = atob(text.slice(text.indexOf(',') + 1));
          return decoded(new Blob([Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))]));
        },
        'stream of PNG': async (input) =>
          decoded(await fileOf(await upscaler.upscale(input, { output: 'stream' }))),
        'stream of BMP': async (input) =>
          decoded(
            await fileOf(await upscaler.upscale(input, { output: 'stream', type: 'image/bmp' })),
          ),
        'stream of rows': async (input) => {
          const file = await fileOf(await upscaler.upscale(input, { output: 'stream', type: raw }));
          return { data: new Uint8Array(await file.arrayBuffer()) };
        },
      };
      const cells: string[] = [];
      const wrong: string[] = [];
      for (const [from, input] of Object.entries(inputs)) {
        for (const [to, run] of Object.entries(outputs)) {
          const { data } = await run(input);
          const same =
            data.length === expected.data.length &&
            expected.data.every((byte, i) => byte === data[i]);
          cells.push(`${from} to ${to}`);
          if (!same) wrong.push(`${from} to ${to}`);
        }
      }
      inputs['video frame'].close();
      URL.revokeObjectURL(objectAddress);
      await upscaler.dispose();
      return { cells: cells.length, wrong };
    });
    assert.deepEqual(table, { cells: 12 * 9, wrong: [] });
  });

  test('an image that is read in several bands is read whole', async () => {
    const same = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create({ model: 'photo-x2-tiny' });
      const canvas = new OffscreenCanvas(1500, 1500);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      for (let i = 0; i < 500; i++) {
        context.fillStyle = `hsl(${7 * i} 60% 50%)`;
        context.fillRect((977 * i) % 1500, (613 * i) % 1500, 150, 100);
      }
      const blob = await canvas.convertToBlob();
      const element = new Image();
      element.src = URL.createObjectURL(blob);
      const [expected, ...others] = await Promise.all(
        [context.getImageData(0, 0, 1500, 1500), blob, element].map((input) =>
          upscaler.upscale(input, { output: 'raw' }),
        ),
      );
      await upscaler.dispose();
      return others.map(({ data }) => data.every((byte, i) => byte === expected?.data[i]));
    });
    assert.deepEqual(same, [true, true]);
  });

  test('a cut-out keeps its alpha, and no dark halo appears', async () => {
    const { darkest, transparent } = await opened().page.evaluate(async () => {
      const upscaler = await window.tessera.Upscaler.create();
      const size = 48;
      const image = new ImageData(size, size);
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const inside = Math.hypot(x - size / 2, y - size / 2) < 16;
          // Outside, black under full transparency, as most editors leave it.
          image.data.set(inside ? [240, 200, 40, 255] : [0, 0, 0, 0], 4 * (y * size + x));
        }
      }
      const { data } = await upscaler.upscale(image, { output: 'raw' });
      await upscaler.dispose();
      let darkest = 255;
      let transparent = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 0) transparent++;
        else darkest = Math.min(darkest, data[i] as number);
      }
      return { darkest, transparent };
    });
    assert.ok(darkest > 220, `visible red fell to ${darkest}`);
    assert.ok(transparent > 4000);
  });
});
