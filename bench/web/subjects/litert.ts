// LiteRT.js, with TensorFlow Lite files written here from the same weights.

import type { Slopes } from '../networks/files.ts';
import type { TfliteKind } from '../networks/tflite.ts';
import { always, type Kind, type Subject, withSlopes } from './subject.ts';

const kind = (type: TfliteKind, slopes: Slopes): Kind => ({
  kind: slopes === 'leaky' ? `${type}-leaky` : type,
  slopes,
  suits: type === 'int8-fprelu' || slopes === 'leaky' ? withSlopes : always,
  file: (files) => files.tflite(type, slopes),
  needsIsolation: true,
});

export const litert: Subject = {
  name: 'litert',
  title: 'LiteRT.js',
  page: 'litert.mjs',
  package: '@litertjs/core',
  kinds: [
    kind('float', 'own'),
    kind('int8', 'own'),
    kind('int8-fprelu', 'own'),
    kind('int8', 'leaky'),
  ],
};
