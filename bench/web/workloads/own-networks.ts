// UpscalerJS with its own networks, and beside it ours with the same ones: in its floats, and in 8
// bits.

import type { OwnModel } from '../networks/own-models.ts';
import { tessera } from '../subjects/tessera.ts';
import { upscaler } from '../subjects/upscaler.ts';
import type { Contestant } from './whole.ts';
import { type Choices, isolations } from './workload.ts';

/** Both tile by themselves. */
const NO_EDGE = 1;

/** None without UpscalerJS; ours only if that is to be measured too. */
export function ownContestants(
  network: OwnModel,
  { threads, ...extents }: { width: number; height: number; threads: number },
  { subjects, isolated: both }: Choices,
): Contestant[] {
  if (!subjects.includes(upscaler)) return [];
  const common = { ...extents, network, threads, slopes: 'own', edge: NO_EDGE } as const;
  const theirs = isolations({ needsIsolation: true }, threads, both).map((isolated) => ({
    ...common,
    ...{ subject: upscaler, kind: 'float', isolated, file: async () => network.name },
  }));
  const kinds = subjects.includes(tessera) ? (['float', 'int8'] as const) : [];
  const ours = kinds.flatMap((kind) =>
    isolations({ needsIsolation: false }, threads, both).map((isolated) => ({
      ...common,
      ...{ subject: tessera, kind, isolated, file: () => network.onnx(kind) },
    })),
  );
  return [...theirs, ...ours];
}
