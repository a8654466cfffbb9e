// onnxruntime-web with its CPU build: planes of floats in and out.

import * as ort from 'onnxruntime-web/wasm';
import { fromNchw, toNchw } from '../picture.mjs';

export async function open({ file, edge, scale, threads, level, picture }) {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = '/bench/web/node_modules/onnxruntime-web/dist/';
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: level,
    freeDimensionOverrides: { height: edge, width: edge },
  });
  const [inputName] = session.inputNames;
  const [outputName] = session.outputNames;
  const floats = toNchw(picture);
  let last;
  return {
    tiles: 1,
    async run() {
      const input = new ort.Tensor('float32', floats, [1, 3, edge, edge]);
      const { [outputName]: output } = await session.run({ [inputName]: input });
      last = output.data;
    },
    result: () => fromNchw(last, edge * scale, edge * scale),
    dispose: () => session.release(),
  };
}
