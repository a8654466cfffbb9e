// What a network's quality costs: PSNR-Y on photos, and the time of a megapixel in its own library.

import { join } from 'node:path';
import { log } from '../../../scripts/lib/log.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { readZoo } from '../../../scripts/zoo/models.ts';
import { openModel } from '../../../scripts/zoo/open-model.ts';
import { BASE_URL } from '../../../tests/web/support/node-upscaler.ts';
import { type Core, openCore } from '../../../web/cli/core.ts';
import { averageOf, evaluateImages } from '../../../web/cli/evaluation.ts';
import { listImages } from '../../../web/cli/images.ts';
import type { Row } from '../../lib/results.ts';
import { OWN_MODELS, OwnModel } from '../networks/own-models.ts';
import { ShippedModel } from '../networks/shipped.ts';
import { tessera } from '../subjects/tessera.ts';
import { upscaler } from '../subjects/upscaler.ts';
import { ownContestants } from './own-networks.ts';
import { type Contestant, extents, measureWhole } from './whole.ts';
import { type Choices, isolations, type Workload } from './workload.ts';

const MEGAPIXELS = [0.25];
const THREADS = [1];

/** A network that takes part. */
interface Entry {
  name: string;
  /** An ONNX file, which Node runs on the photos. */
  path: string;
  contestants(size: { width: number; height: number; threads: number }): Contestant[];
}

/** Our models, but for those that are made for other pictures than clean photos. */
async function shippedEntries({ isolated: both }: Choices): Promise<Entry[]> {
  const zoo = readZoo().filter(({ sets }) => sets.some(({ name }) => name === 'B100'));
  const networks = await Promise.all(zoo.map((model) => ShippedModel.open(model)));
  return networks.map((network) => ({
    name: network.name,
    path: network.path,
    contestants: ({ threads, ...size }) =>
      isolations({ needsIsolation: false }, threads, both).map((isolated) => ({
        ...{ ...size, subject: tessera, kind: 'int8', network, slopes: 'own', edge: 1 },
        ...{ threads, isolated, file: async () => network.address },
      })),
  }));
}

/** UpscalerJS's, timed there; on photos our engine runs their floats, which give the same pixels. */
function ownEntries(choices: Choices): Promise<Entry[]> {
  return Promise.all(
    OWN_MODELS.map(async (name) => {
      const network = await OwnModel.open(name);
      return {
        name,
        path: join(ROOT, await network.onnx('float')),
        contestants: (size) => ownContestants(network, size, { ...choices, subjects: [upscaler] }),
      };
    }),
  );
}

/** Scores on photos, as `tessera eval` measures them. */
async function scoresOf({ name, path }: Entry, core: Core, photos: readonly string[]) {
  const model = await openModel(path);
  try {
    const images = await evaluateImages({ core, upscaler: model }, photos);
    const { psnr_y, bicubic } = averageOf(images);
    log(`${name}: ${photos.length} photos`);
    const { scale } = model.model;
    return { scale, psnr_y, bicubic_psnr_y: bicubic.psnr_y, photos: photos.length };
  } finally {
    await model.dispose();
  }
}

async function run(choices: Choices): Promise<Row[]> {
  const photos = await listImages(choices.data as string);
  const has = (subject: typeof tessera) => choices.subjects.includes(subject);
  const entries = [
    ...(has(tessera) ? await shippedEntries(choices) : []),
    ...(has(upscaler) ? await ownEntries(choices) : []),
  ];
  const contestants = (choices.megapixels ?? MEGAPIXELS).flatMap((megapixels) =>
    (choices.threads ?? THREADS).flatMap((threads) =>
      entries.flatMap((entry) => entry.contestants({ ...extents(megapixels), threads })),
    ),
  );
  // Results are compared there: only what is right gets a row.
  const rows = await measureWhole('quality', contestants, choices);
  const core = await openCore(BASE_URL);
  const scores = new Map<string, Awaited<ReturnType<typeof scoresOf>>>();
  for (const entry of entries.filter(({ name }) => rows.some(({ net }) => net === name))) {
    scores.set(entry.name, await scoresOf(entry, core, photos));
  }
  return rows.map((row) => {
    const found = scores.get(row.net) as Awaited<ReturnType<typeof scoresOf>>;
    const outputMegapixels = (row.pixels * found.scale ** 2) / 1e6;
    const s_per_megapixel = row.ms_min / 1000 / outputMegapixels;
    return { ...row, extra: { ...row.extra, ...found, s_per_megapixel } };
  });
}

export const quality: Workload = {
  name: 'quality',
  about: "PSNR-Y on photos by the time of a megapixel: our models and UpscalerJS's, each at home",
  wantsPeak: false,
  wantsData: true,
  run,
};
