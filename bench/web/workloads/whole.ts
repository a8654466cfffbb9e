// Measuring whole pictures, bytes to bytes: one library and one network in a browser of their own.

import { openBenchPage } from '../../lib/bench-page.ts';
import type { BrowserName } from '../../lib/driver.ts';
import type { Heaps } from '../../lib/heaps.ts';
import { type Difference, difference, type Row, timing } from '../../lib/results.ts';
import { gmacs } from '../../lib/summary.ts';
import type { Picture, PictureNetwork, Slopes } from '../networks/files.ts';
import { makePicture } from '../page/picture.mjs';
import { pageUrl } from '../pages.ts';
import type { Subject } from '../subjects/subject.ts';
import { allowedDifference, type Choices, settle, takeTurns } from './workload.ts';

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

/** One picture. Undefined is what the browser or the system does not tell. */
interface Sample {
  ms: number;
  longestTask: number | undefined;
  /** CPU time in seconds. */
  cpu: number | undefined;
  /** Greatest resident memory. */
  memory: number | undefined;
  heaps: Heaps | undefined;
}

interface Measured {
  browser: BrowserName;
  contestant: Contestant;
  /** Of our core, as the browser chose it. */
  variant?: string | undefined;
  samples: Sample[];
  difference?: Difference;
}

/** The corner that is compared with a reference, in input pixels. */
const CORNER = 96;

interface PageWhole {
  variant: string | undefined;
  upscale(): Promise<{ ms: number; longestTask?: number }>;
  corner(extent: number): number[];
  dispose(): unknown;
}

/** Pictures are 3:2, as those of cameras. */
export function extents(megapixels: number): { width: number; height: number } {
  const height = Math.round(Math.sqrt((megapixels * 1e6) / 1.5));
  return { width: Math.round(height * 1.5), height };
}

async function measure(
  measured: Measured,
  { v8, ms: least }: Pick<Choices, 'v8' | 'ms'>,
): Promise<void> {
  const { browser, contestant, samples } = measured;
  const { subject, network, threads, isolated, edge, width, height, extra } = contestant;
  const file = await contestant.file();
  const bench = await openBenchPage({ browser, isolated, v8 });
  try {
    await settle();
    const watch = await bench.watchHeaps();
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
    const first = whole.evaluate((it) => it.upscale());
    const heaps = await watch?.during(first);
    await first;
    await watch?.stop();
    measured.variant = await whole.evaluate((it) => it.variant);
    measured.difference ??= await compare(
      await whole.evaluate((it, extent) => it.corner(extent), CORNER * scale),
      contestant,
    );
    const before = await bench.usage.cpuSeconds();
    const runs = [];
    for (let spent = 0; spent < least; ) {
      const run = await whole.evaluate((it) => it.upscale());
      spent += run.ms;
      runs.push(run);
    }
    const after = await bench.usage.cpuSeconds();
    const cpu =
      before === undefined || after === undefined ? undefined : (after - before) / runs.length;
    const memory = await bench.usage.peakMemory();
    samples.push(...runs.map(({ ms, longestTask }) => ({ ms, longestTask, cpu, memory, heaps })));
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

/** What was told of something in any round. */
const told = <T>(samples: readonly Sample[], of: (sample: Sample) => T | undefined): T[] =>
  samples.map(of).filter((value) => value !== undefined);

/** Properties for what was told in some round. */
function extraOf(samples: readonly Sample[], outputMegapixels: number): Record<string, number> {
  const entries: [string, number[], (...values: number[]) => number][] = [
    ['longest_task_ms', told(samples, ({ longestTask }) => longestTask), Math.max],
    [
      'cpu_s_per_megapixel',
      told(samples, ({ cpu }) => cpu).map((cpu) => cpu / outputMegapixels),
      Math.min,
    ],
    ['memory_mb', told(samples, ({ memory }) => memory), Math.max],
    ['wasm_mb', told(samples, ({ heaps }) => heaps?.wasm), Math.max],
    ['js_heap_mb', told(samples, ({ heaps }) => heaps?.js), Math.max],
  ];
  return Object.fromEntries(
    entries.flatMap(([name, values, of]) => (values.length > 0 ? [[name, of(...values)]] : [])),
  );
}

function toRow(workload: string, measured: Measured): Row {
  const { browser, variant, contestant, samples, difference: apart } = measured;
  const { subject, kind, network, threads, isolated, width, height } = contestant;
  const pixels = width * height;
  const time = timing(samples.map(({ ms }) => ms));
  const { mean, max } = apart as Difference;
  return {
    ...{ workload, browser, ...(variant ? { variant } : {}) },
    ...{ net: network.name, pixels, subject: subject.name, kind, threads, isolated },
    ...time,
    gmacs: gmacs(network.multiplicationsPerPixel * pixels, time.ms_min / 1000),
    bytes: null,
    extra: {
      ...extraOf(samples, (pixels * network.scale ** 2) / 1e6),
      ...{ difference_mean: mean, difference_max: max },
    },
  };
}

export async function measureWhole(
  workload: string,
  contestants: readonly Contestant[],
  choices: Choices,
): Promise<Row[]> {
  const all = contestants.flatMap((contestant) =>
    choices.browsers.map((browser): Measured => ({ browser, contestant, samples: [] })),
  );
  const left = await takeTurns(all, choices, {
    title: workload,
    measure: (measured) => measure(measured, choices),
    nameOf: ({ browser, contestant: { subject, kind, network } }) =>
      `${browser}, ${subject.name} ${kind}, ${network.name}`,
  });
  return left.map((measured) => toRow(workload, measured));
}
