// onnxruntime-web reads the same ONNX files. In 8 bits, which of its levels of optimization is the
// faster one differs by network and number of threads, so both are measured.

import type { Slopes } from '../networks/files.ts';
import { always, type Kind, type Subject, withSlopes } from './subject.ts';

const kind = (type: 'float' | 'int8', slopes: Slopes, level: string): Kind => ({
  kind: `${type}${slopes === 'leaky' ? '-leaky' : ''}${level === 'all' ? '' : `-${level}`}`,
  slopes,
  suits: slopes === 'leaky' ? withSlopes : always,
  file: (files) => files.onnx(type, slopes),
  extra: { level },
  needsIsolation: true,
});

export const onnxruntime: Subject = {
  name: 'onnxruntime-web',
  title: 'onnxruntime-web',
  page: 'onnxruntime.mjs',
  package: 'onnxruntime-web',
  kinds: [
    kind('float', 'own', 'all'),
    kind('int8', 'own', 'all'),
    kind('int8', 'own', 'extended'),
    kind('int8', 'leaky', 'extended'),
  ],
};
