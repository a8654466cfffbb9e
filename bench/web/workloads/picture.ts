// A whole picture, bytes to bytes: time, the longest task of the main thread, CPU time and memory.

import { NetworkFiles } from '../networks/files.ts';
import { OwnModel } from '../networks/own-models.ts';
import { fittingEdge } from '../page/tiling.mjs';
import { upscaler } from '../subjects/upscaler.ts';
import { ownContestants } from './own-networks.ts';
import { type Contestant, extents, measureWhole } from './whole.ts';
import { type Choices, isolations, type Workload } from './workload.ts';

/** The shipped network's shape. */
const NETWORK = 'photo-x2';
/** For those that do not tile themselves: of these, the edge that wastes least on the picture. */
const EDGES = [128, 144, 160, 176, 192, 208, 224, 240, 256];
const MEGAPIXELS = [0.25, 1];
const THREADS = [1, 2];

/** UpscalerJS's networks: its default one, and its fast one for a scale of 4. */
const OWN_NETWORKS = ['default-model', 'esrgan-slim-x4'] as const;

/** What a site would choose of each library; others are in workload `tile`. */
const BEST: Record<string, readonly string[]> = {
  tessera: ['int8'],
  litert: ['float', 'int8-fprelu'],
  'onnxruntime-web': ['float', 'int8-extended'],
  'tfjs-wasm': ['float'],
};

interface Size {
  width: number;
  height: number;
  threads: number;
}

/** Everyone who can run the network of the other workloads too. */
function sharedContestants({ width, height, threads }: Size, choices: Choices): Contestant[] {
  // The edge is given with the network, since some files are for one size of tile.
  const { overlap } = new NetworkFiles(NETWORK, EDGES[0] as number);
  const files = new NetworkFiles(NETWORK, fittingEdge(width, height, overlap, EDGES));
  return choices.subjects.flatMap((subject) =>
    subject.kinds
      .filter((kind) => BEST[subject.name]?.includes(kind.kind) && kind.suits(files))
      .flatMap((way) =>
        isolations(way, threads, choices.isolated).map((isolated) => ({
          ...{ subject, network: files, slopes: way.slopes, threads, isolated, width, height },
          ...{ kind: way.kind, file: () => way.file(files), extra: way.extra, edge: files.edge },
        })),
      ),
  );
}

async function contestants(choices: Choices): Promise<Contestant[]> {
  const installed = choices.subjects.includes(upscaler);
  const own = installed ? await Promise.all(OWN_NETWORKS.map((name) => OwnModel.open(name))) : [];
  return (choices.megapixels ?? MEGAPIXELS).flatMap((size) =>
    (choices.threads ?? THREADS).flatMap((threads) => {
      const picture = { ...extents(size), threads };
      return [
        ...sharedContestants(picture, choices),
        ...own.flatMap((network) => ownContestants(network, picture, choices)),
      ];
    }),
  );
}

export const picture: Workload = {
  name: 'picture',
  about: 'whole pictures, bytes to bytes: time, longest main-thread task, CPU time, memory',
  wantsPeak: false,
  run: async (choices) => measureWhole('picture', await contestants(choices), choices),
};
