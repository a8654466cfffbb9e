// onnxruntime-web with its CPU build: planes of floats in and out.

import * as ort from 'onnxruntime-web/wasm';
import { fromNchw, toNchw } from '../picture.mjs';
import { fixedTile } from './fixed-tile.mjs';

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
  const infer = async (values) => {
    const input = new ort.Tensor('float32', values, [1, 3, edge, edge]);
    const { [outputName]: output } = await session.run({ [inputName]: input });
    return output.data;
  };
  return fixedTile({
    ...{ picture, scale, infer, toFloats: toNchw, fromFloats: fromNchw },
    dispose: () => session.release(),
  });
}
