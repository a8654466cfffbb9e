// TensorFlow.js on its wasm backend, which has floats only.

import type { Subject } from './subject.ts';

export const tfjs: Subject = {
  name: 'tfjs-wasm',
  title: 'TensorFlow.js (wasm)',
  page: 'tfjs.mjs',
  package: '@tensorflow/tfjs-backend-wasm',
  kinds: [
    {
      kind: 'float',
      slopes: 'own',
      suits: (files) => files.tfjs !== undefined,
      file: async (files) => files.tfjs?.('own'),
      needsIsolation: true,
    },
  ],
};
