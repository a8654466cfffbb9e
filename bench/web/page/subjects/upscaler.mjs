// UpscalerJS with one of its own models, on TensorFlow.js's wasm backend, which its stock bundle does
// not register.

import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import defaultModel from '@upscalerjs/default-model';
import slim3x from '@upscalerjs/esrgan-slim/3x';
import slim4x from '@upscalerjs/esrgan-slim/4x';
import Upscaler from 'upscaler';

const PACKAGES = '/bench/web/node_modules/';
const MODELS = {
  'default-model': [defaultModel, '@upscalerjs/default-model/models/model.json'],
  'esrgan-slim-x3': [slim3x, '@upscalerjs/esrgan-slim/models/x3/model.json'],
  'esrgan-slim-x4': [slim4x, '@upscalerjs/esrgan-slim/models/x4/model.json'],
};

// What its documentation recommends for large pictures, with the patch its default model was trained on.
const PATCHES = { patchSize: 128, padding: 6 };

export async function open({ file, threads }) {
  setWasmPaths(`${PACKAGES}@tensorflow/tfjs-backend-wasm/dist/`);
  setThreadsCount(threads);
  if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await tf.ready();
  const [model, path] = MODELS[file];
  // Left alone, it fetches the model from a public server.
  const upscaler = new Upscaler({ model: { ...model, path: `${PACKAGES}${path}` } });
  await upscaler.ready;
  return {
    async upscalePicture({ data, width, height }) {
      const input = tf.browser.fromPixels(new ImageData(data, width, height));
      const output = await upscaler.upscale(input, { output: 'tensor', ...PATCHES });
      const bytes = await tf.browser.toPixels(
        tf.tidy(() => output.clipByValue(0, 255).round().toInt()),
      );
      const [rows, columns] = output.shape;
      tf.dispose([input, output]);
      return { data: bytes, width: columns, height: rows };
    },
    dispose: () => upscaler.dispose(),
  };
}
