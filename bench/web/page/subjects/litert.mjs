// LiteRT.js on the CPU: floats in and out, channels last.

import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { fromNhwc, toNhwc } from '../picture.mjs';

export async function open({ file, edge, scale, threads, picture }) {
  await loadLiteRt('/bench/web/node_modules/@litertjs/core/wasm/', { threads: threads > 1 });
  const model = await loadAndCompile(file, {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  });
  const floats = toNhwc(picture);
  let last;
  return {
    tiles: 1,
    accelerated: model.isFullyAccelerated,
    async run() {
      const input = new Tensor(floats, [1, edge, edge, 3]);
      const [output] = await model.run([input]);
      last = await output.data();
      input.delete();
      output.delete();
    },
    result: () => fromNhwc(last, edge * scale, edge * scale),
    dispose: () => model.delete(),
  };
}
