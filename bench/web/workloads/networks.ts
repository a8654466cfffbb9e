// One tile of networks that people use: ours in floats and in 8 bits, and the float forms of those
// peers that read ONNX or TensorFlow Lite files.

import type { Row } from '../../lib/results.ts';
import { KnownNetwork } from '../networks/known/files.ts';
import { KNOWN_NETWORKS, type KnownNetworkName } from '../networks/known/networks.ts';
import type { Subject } from '../subjects/subject.ts';
import { measureTiles } from './tile.ts';
import type { Workload } from './workload.ts';

/** By library: the kinds that are measured. */
const KINDS: Partial<Record<Subject['name'], readonly string[]>> = {
  tessera: ['float', 'int8'],
  'onnxruntime-web': ['float'],
  litert: ['float'],
};

/** Its own quantizer takes too long for a benchmark: sixteen million weights. */
const FLOAT_ONLY: readonly KnownNetworkName[] = ['rrdb23'];

function subjectsFor(name: KnownNetworkName, subjects: readonly Subject[]): Subject[] {
  return subjects.flatMap((subject) => {
    const wanted = KINDS[subject.name] ?? [];
    const kinds = subject.kinds.filter(
      ({ kind }) => wanted.includes(kind) && !(kind === 'int8' && FLOAT_ONLY.includes(name)),
    );
    return kinds.length > 0 ? [{ ...subject, kinds }] : [];
  });
}

export const networks: Workload = {
  name: 'networks',
  about: 'one tile of networks that people use: floats of all, and our 8 bits',
  wantsPeak: true,
  async run(choices) {
    const rows: Row[] = [];
    const names = Object.keys(KNOWN_NETWORKS) as KnownNetworkName[];
    for (const name of names.filter((each) => choices.nets.includes(each))) {
      const own = { ...choices, subjects: subjectsFor(name, choices.subjects) };
      rows.push(...(await measureTiles('networks', new KnownNetwork(name), own)));
    }
    return rows;
  },
};
