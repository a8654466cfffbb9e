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
  const infer = async (values) => {
    const input = new ort.Tensor('float32', values, [1, 3, edge, edge]);
    const { [outputName]: output } = await session.run({ [inputName]: input });
    return output.data;
  };
  const toPicture = (values) => fromNchw(values, edge * scale, edge * scale);
  let last;
  return {
    tiles: 1,
    async run() {
      last = await infer(floats);
    },
    result: () => toPicture(last),
    upscaleTile: async (tile) => toPicture(await infer(toNchw(tile))),
    dispose: () => session.release(),
  };
}
