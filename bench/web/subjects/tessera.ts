// Tessera with a tile per worker, or with one tile shared by the threads of one worker.

import { always, type Kind, type Subject } from './subject.ts';

const kind = (type: 'float' | 'int8', threaded: boolean): Kind => ({
  kind: threaded ? `${type}-mt` : type,
  slopes: 'own',
  suits: always,
  file: (files) => files.onnx(type, 'own'),
  ...(threaded ? { extra: { variant: 'relaxed-mt' }, threads: 'many' } : {}),
  needsIsolation: threaded,
});

export const tessera: Subject = {
  name: 'tessera',
  title: 'Tessera',
  page: 'tessera.mjs',
  package: null,
  kinds: [kind('int8', false), kind('int8', true), kind('float', false)],
};
