// UpscalerJS runs no networks but its own: workloads/own-networks.ts has them.

import type { Subject } from './subject.ts';

export const upscaler: Subject = {
  name: 'upscaler',
  title: 'UpscalerJS',
  page: 'upscaler.mjs',
  package: 'upscaler',
  kinds: [],
};
