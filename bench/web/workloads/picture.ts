// A whole picture, bytes to bytes: time, the longest task of the main thread, CPU time and memory.

import type { Browser } from 'playwright-core';
import { log, warn } from '../../../scripts/lib/log.mjs';
import { openBenchPage } from '../../lib/bench-page.ts';
import { cpuSeconds, peakMemory } from '../../lib/processes.ts';
import { difference, type Row, timing } from '../../lib/results.ts';
import { gmacs } from '../../lib/summary.ts';
import { NetworkFiles, type Picture } from '../networks/files.ts';
import { makePicture } from '../page/picture.mjs';
import { fittingEdge } from '../page/tiling.mjs';
import { pageUrl } from '../pages.ts';
import type { Kind, Subject } from '../subjects/subject.ts';
import { type Choices, isolations, settle, type Workload } from './workload.ts';

/** The shipped network's shape. */
const NETWORK = 'photo-x2';
/** For those that do not tile themselves: of these, the edge that wastes least on the picture. */
const EDGES = [128, 144, 160, 176, 192, 208, 224, 240, 256];
/** Six 3x3 convolutions see six pixels far. */
const OVERLAP = 6;
const MEGAPIXELS = [0.25, 1];
const THREADS = [1, 2];

/** What a site would choose of each library; others are in workload `tile`. */
const KINDS = ['int8', 'int8-fprelu', 'int8-extended', 'float', 'default-model', 'esrgan-slim-x4'];
const BEST: Record<string, readonly string[]> = {
  tessera: ['int8'],
  litert: ['float', 'int8-fprelu'],
  'onnxruntime-web': ['float', 'int8-extended'],
};

/** The corner that is compared with a reference, in input pixels, and what that must see around it. */
const CORNER = 96;
const ALLOWED = 4;

interface PageWhole {
  upscale(): Promise<{ ms: number; longestTask: number }>;
  size(): [number, number];
  corner(extent: number): number[];
  dispose(): unknown;
}

interface Contestant {
  subject: Subject;
  kind: Kind;
  threads: number;
  isolated: boolean;
  files: NetworkFiles;
  width: number;
  height: number;
  times: number[];
  longest: number[];
  cpu: number[];
  memory: number[];
  outputPixels: number;
  failed: boolean;
}

/** Pictures are 3:2, as those of cameras. */
function extents(megapixels: number): { width: number; height: number } {
  const height = Math.round(Math.sqrt((megapixels * 1e6) / 1.5));
  return { width: Math.round(height * 1.5), height };
}

function contestants(choices: Choices): Contestant[] {
  return (choices.megapixels ?? MEGAPIXELS).flatMap((size) => {
    const { width, height } = extents(size);
    const files = new NetworkFiles(NETWORK, fittingEdge(width, height, OVERLAP, EDGES));
    return (choices.threads ?? THREADS).flatMap((threads) =>
      choices.subjects.flatMap((subject) =>
        subject.kinds
          .filter((kind) => (BEST[subject.name] ?? KINDS).includes(kind.kind))
          .filter((kind) => kind.suits(files))
          .flatMap((kind) =>
            isolations(kind, threads, choices.isolated).map((isolated) => ({
              ...{ subject, kind, threads, isolated, files, width, height },
              ...{ times: [], longest: [], cpu: [], memory: [], outputPixels: 0, failed: false },
            })),
          ),
      ),
    );
  });
}

async function measure(contestant: Contestant, vnni: boolean): Promise<void> {
  const { subject, kind, threads, isolated, files, width, height } = contestant;
  const file = await kind.file(files);
  const bench = await openBenchPage({ isolated, vnni });
  try {
    await settle();
    const request = {
      ...{ module: pageUrl(subject.page), file, threads, width, height, overlap: OVERLAP },
      ...{ edge: files.edge, scale: files.scale },
      ...kind.extra,
    };
    const whole = await bench.page.evaluateHandle(async (asked): Promise<PageWhole> => {
      const client = '/bench/web/page/whole.mjs';
      const { openWhole } = await import(client);
      return openWhole(asked);
    }, request);
    // The first warms up, and tells whether the result is right.
    await whole.evaluate((it) => it.upscale());
    const [columns, rows] = await whole.evaluate((it) => it.size());
    contestant.outputPixels = columns * rows;
    if (!subject.ownModels && contestant.times.length === 0) {
      const extent = CORNER * files.scale;
      await check(await whole.evaluate((it, edge) => it.corner(edge), extent), contestant);
    }
    const browser = bench.page.context().browser() as Browser;
    const before = await cpuSeconds(browser);
    const { ms, longestTask } = await whole.evaluate((it) => it.upscale());
    contestant.cpu.push((await cpuSeconds(browser)) - before);
    contestant.times.push(ms);
    contestant.longest.push(longestTask);
    const memory = await peakMemory(browser);
    if (memory !== undefined) contestant.memory.push(memory);
    await whole.evaluate((it) => it.dispose());
  } finally {
    await bench.close();
  }
}

/** The part of a picture at its beginning. */
function corner({ data, width }: Picture, edge: number): Picture {
  const result = new Uint8ClampedArray(edge * edge * 4);
  for (let y = 0; y < edge; y++) {
    const from = y * width * 4;
    result.set(data.subarray(from, from + edge * 4), y * edge * 4);
  }
  return { data: result, width: edge, height: edge };
}

/** @throws Error for a result that is not that of the network. */
async function check(found: number[], { kind, files, width, height }: Contestant) {
  const seen = corner(makePicture(width, height) as Picture, CORNER + OVERLAP);
  const reference = await files.referenceOf(seen, kind.slopes);
  const { mean } = difference(found, corner(reference, CORNER * files.scale).data);
  if (mean > ALLOWED) throw new Error(`its result is ${mean.toFixed(2)} levels from the reference`);
}

function toRow(contestant: Contestant): Row {
  const { subject, kind, threads, isolated, files, width, height, times } = contestant;
  const { cpu, longest, memory, outputPixels } = contestant;
  const time = timing(times);
  const multiplications = files.multiplicationsPerPixel * width * height;
  return {
    workload: 'picture',
    net: subject.ownModels ? 'its own' : files.name,
    ...{ pixels: width * height, subject: subject.name, kind: kind.kind, threads, isolated },
    ...time,
    gmacs: subject.ownModels ? null : gmacs(multiplications, time.ms_min / 1000),
    bytes: null,
    extra: {
      longest_task_ms: Math.max(...longest),
      cpu_s_per_megapixel: Math.min(...cpu) / (outputPixels / 1e6),
      ...(memory.length > 0 ? { memory_mb: Math.max(...memory) } : {}),
    },
  };
}

export const picture: Workload = {
  name: 'picture',
  about: 'whole pictures, bytes to bytes: time, longest main-thread task, CPU time, memory',
  wantsPeak: false,
  async run(choices) {
    const all = contestants(choices);
    for (let round = 1; round <= choices.rounds; round++) {
      log(`round ${round} of ${choices.rounds}`);
      for (const contestant of all.filter(({ failed }) => !failed)) {
        try {
          await measure(contestant, choices.vnni);
        } catch (error) {
          contestant.failed = true;
          process.exitCode = 1;
          const { subject, kind } = contestant;
          warn(`${subject.name} ${kind.kind}: ${String(error).split('\n', 2).join(' ')}`);
        }
      }
    }
    return all.filter(({ failed }) => !failed).map(toRow);
  },
};
