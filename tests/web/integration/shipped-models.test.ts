// Every shipped model on the demo's sample: each output byte within 1 of ONNX Runtime's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { openUpscaler } from '../support/node-upscaler.ts';
import { runReference } from '../support/onnxruntime.ts';

const folder = join(DIST, 'models');
const { aliases: _, ...models }: Record<string, { file: string; scale: number }> = JSON.parse(
  readFileSync(join(folder, 'manifest.json'), 'utf8'),
);

/** RGBA bytes to the network's input: NCHW, 0 to 1. */
function toPlanes(rgba: Uint8Array, pixels: number): Float32Array {
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return (rgba[4 * (i % pixels) + channel] as number) / 255;
  });
}

function toByte(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 255);
}

describe('shipped models against ONNX Runtime', () => {
  for (const [name, { file, scale }] of Object.entries(models)) {
    test(name, async () => {
      const { data, info } = await sharp(join(DIST, 'demo', 'sample.webp'))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      const model = readFileSync(join(folder, file));
      const reference = await runReference(model, {
        shape: [3, height, width],
        data: toPlanes(data, width * height),
      });
      const upscaler = await openUpscaler({ model: new Uint8Array(model) });
      const image = await upscaler.upscale({ data, width, height }, { output: 'raw' });
      await upscaler.dispose();

      assert.deepEqual([image.width, image.height], [width * scale, height * scale]);
      const pixels = image.width * image.height;
      let largest = 0;
      for (let i = 0; i < 3 * pixels; i++) {
        const ours = image.data[4 * (i % pixels) + Math.floor(i / pixels)] as number;
        largest = Math.max(largest, Math.abs(ours - toByte(reference.data[i] as number)));
      }
      assert.ok(largest <= 1, `a byte is ${largest} off`);
    });
  }
});
