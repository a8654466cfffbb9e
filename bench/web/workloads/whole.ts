// Measuring whole pictures, bytes to bytes: one library and one network in a browser of their own.

import type { Browser } from 'playwright-core';
import { log, warn } from '../../../scripts/lib/log.mjs';
import { openBenchPage } from '../../lib/bench-page.ts';
import { type Heaps, HeapWatch } from '../../lib/heaps.ts';
import { cpuSeconds, peakMemory } from '../../lib/processes.ts';
import { type Difference, difference, type Row, timing } from '../../lib/results.ts';
import { gmacs } from '../../lib/summary.ts';
import type { Picture, PictureNetwork, Slopes } from '../networks/files.ts';
import { makePicture } from '../page/picture.mjs';
import { pageUrl } from '../pages.ts';
import type { Subject } from '../subjects/subject.ts';
import { allowedDifference, type Choices, settle } from './workload.ts';

/** One library with one network on one picture. */
export interface Contestant {
  subject: Subject;
  /** As in results: `float`, `int8` and so on. */
  kind: string;
  network: PictureNetwork;
  slopes: Slopes;
  /** What the page's side is asked to load. */
  file(): Promise<unknown>;
  /** Further properties of the request to the page's side. */
  extra?: Record<string, unknown> | undefined;
  /** Of the tiles, for those that do not tile themselves. */
  edge: number;
  threads: number;
  isolated: boolean;
  width: number;
  height: number;
}

/** One round of one contestant. */
interface Sample {
  ms: number;
  longestTask: number;
  /** CPU time in seconds. */
  cpu: number;
  /** Greatest resident memory; Linux only. */
  memory: number | undefined;
  heaps: Heaps;
}

interface Measured {
  contestant: Contestant;
  samples: Sample[];
  difference?: Difference;
}

/** The corner that is compared with a reference, in input pixels. */
const CORNER = 96;

interface PageWhole {
  upscale(): Promise<{ ms: number; longestTask: number }>;
  corner(extent: number): number[];
  dispose(): unknown;
}

/** Pictures are 3:2, as those of cameras. */
export function extents(megapixels: number): { width: number; height: number } {
  const height = Math.round(Math.sqrt((megapixels * 1e6) / 1.5));
  return { width: Math.round(height * 1.5), height };
}

async function measure(measured: Measured, vnni: boolean): Promise<void> {
  const { contestant, samples } = measured;
  const { subject, network, threads, isolated, edge, width, height, extra } = contestant;
  const file = await contestant.file();
  const bench = await openBenchPage({ isolated, vnni });
  try {
    await settle();
    const watch = await HeapWatch.begin(bench.page);
    const { scale, overlap } = network;
    const request = {
      ...{ module: pageUrl(subject.page), file, threads, width, height, overlap, edge, scale },
      ...extra,
    };
    const whole = await bench.page.evaluateHandle(async (asked): Promise<PageWhole> => {
      const client = '/bench/web/page/whole.mjs';
      const { openWhole } = await import(client);
      return openWhole(asked);
    }, request);
    // The first warms up, is watched, and tells whether the result is right.
    const heaps = await watch.during(whole.evaluate((it) => it.upscale()));
    await watch.stop();
    measured.difference ??= await compare(
      await whole.evaluate((it, extent) => it.corner(extent), CORNER * scale),
      contestant,
    );
    const browser = bench.page.context().browser() as Browser;
    const before = await cpuSeconds(browser);
    const { ms, longestTask } = await whole.evaluate((it) => it.upscale());
    const cpu = (await cpuSeconds(browser)) - before;
    samples.push({ ms, longestTask, cpu, memory: await peakMemory(browser), heaps });
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
async function compare(
  found: number[],
  { kind, network, slopes, width, height }: Contestant,
): Promise<Difference> {
  const seen = corner(makePicture(width, height) as Picture, CORNER + network.overlap);
  const reference = await network.referenceOf(seen, slopes);
  const apart = difference(found, corner(reference, CORNER * network.scale).data);
  if (apart.mean > allowedDifference(kind)) {
    throw new Error(`its result is ${apart.mean.toFixed(2)} levels from the reference on average`);
  }
  return apart;
}

function toRow(workload: string, { contestant, samples, difference: apart }: Measured): Row {
  const { subject, kind, network, threads, isolated, width, height } = contestant;
  const pixels = width * height;
  const outputMegapixels = (pixels * network.scale ** 2) / 1e6;
  const time = timing(samples.map(({ ms }) => ms));
  const greatest = (of: (sample: Sample) => number) => Math.max(...samples.map(of));
  const memory = samples.flatMap((sample) => sample.memory ?? []);
  const { mean, max } = apart as Difference;
  return {
    ...{ workload, net: network.name, pixels, subject: subject.name, kind, threads, isolated },
    ...time,
    gmacs: gmacs(network.multiplicationsPerPixel * pixels, time.ms_min / 1000),
    bytes: null,
    extra: {
      longest_task_ms: greatest(({ longestTask }) => longestTask),
      cpu_s_per_megapixel: Math.min(...samples.map(({ cpu }) => cpu)) / outputMegapixels,
      ...(memory.length > 0 ? { memory_mb: Math.max(...memory) } : {}),
      wasm_mb: greatest(({ heaps }) => heaps.wasm),
      js_heap_mb: greatest(({ heaps }) => heaps.js),
      ...{ difference_mean: mean, difference_max: max },
    },
  };
}

/** Everyone takes turns, and whoever fails drops out while the rest goes on. */
export async function measureWhole(
  workload: string,
  contestants: readonly Contestant[],
  { rounds, vnni }: Choices,
): Promise<Row[]> {
  let left = contestants.map((contestant): Measured => ({ contestant, samples: [] }));
  for (let round = 1; round <= rounds; round++) {
    log(`round ${round} of ${rounds}`);
    for (const measured of left) {
      try {
        await measure(measured, vnni);
      } catch (error) {
        process.exitCode = 1;
        left = left.filter((each) => each !== measured);
        const { subject, kind, network } = measured.contestant;
        const why = String(error).split('\n', 2).join(' ');
        warn(`${subject.name} ${kind}, ${network.name}: ${why}`);
      }
    }
  }
  return left.map((measured) => toRow(workload, measured));
}
