// LiteRT.js on the CPU: floats in and out, channels last.

import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { fromNhwc, toNhwc } from '../picture.mjs';
import { fixedTile } from './fixed-tile.mjs';

export async function open({ file, edge, scale, threads, picture }) {
  await loadLiteRt('/bench/web/node_modules/@litertjs/core/wasm/', { threads: threads > 1 });
  const model = await loadAndCompile(file, {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  });
  const infer = async (values) => {
    const input = new Tensor(values, [1, edge, edge, 3]);
    const [output] = await model.run([input]);
    const result = await output.data();
    input.delete();
    output.delete();
    return result;
  };
  return fixedTile({
    ...{ picture, scale, infer, toFloats: toNhwc, fromFloats: fromNhwc },
    dispose: () => model.delete(),
  });
}
