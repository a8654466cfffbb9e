// UpscalerJS with its own models, which no other library reads.

import { always, type Kind, type Subject } from './subject.ts';

const kind = (model: string): Kind => ({
  kind: model,
  slopes: 'own',
  suits: always,
  file: async () => model,
  needsIsolation: true,
});

export const upscaler: Subject = {
  name: 'upscaler',
  title: 'UpscalerJS',
  page: 'upscaler.mjs',
  package: 'upscaler',
  ownModels: true,
  kinds: [kind('default-model'), kind('esrgan-slim-x4')],
};
