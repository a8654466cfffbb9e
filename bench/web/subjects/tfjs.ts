// TensorFlow.js on its wasm backend, which has floats only.

import { always, type Subject } from './subject.ts';

export const tfjs: Subject = {
  name: 'tfjs-wasm',
  title: 'TensorFlow.js (wasm)',
  page: 'tfjs.mjs',
  package: '@tensorflow/tfjs-backend-wasm',
  kinds: [
    {
      kind: 'float',
      slopes: 'own',
      suits: always,
      file: (files) => files.tfjs('own'),
      needsIsolation: true,
    },
  ],
};
