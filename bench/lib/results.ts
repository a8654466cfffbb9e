// What `npm run bench` writes, one file per workload, and what tables and charts are made of.

import type { BrowserName } from './driver.ts';
import { best, median } from './summary.ts';

/** One measurement, in the order of the columns. */
export interface Row {
  workload: string;
  /** Chromium where none is named. */
  browser?: BrowserName;
  net: string;
  /** Input pixels of the tile or picture. */
  pixels: number;
  subject: string;
  kind: string;
  threads: number;
  isolated: boolean;
  /** Of ours: which build of the core ran. */
  variant?: string;
  /** The fastest, and the one in the middle; a tile, a picture, or a start. */
  ms_min: number;
  ms_med: number;
  /** How much slower the slowest was than the fastest, as a part of its time. */
  spread: number;
  /** Of the network, in 10^9 multiplications per second, at the fastest; null where none are counted. */
  gmacs: number | null;
  /** What the browser loads, in brotli, model left out; null where not counted. */
  bytes: number | null;
  /** Anything else a workload measures, by name. */
  extra?: Record<string, number>;
}

export interface Peaks {
  /** GMAC/s of one core. */
  int8: number;
  float: number;
}

export interface Results {
  workload: string;
  /** Of the command: what was asked for besides the workload and the photos. Older files have none. */
  options?: string[];
  date: string;
  machine: {
    processor: string;
    cores: number;
    browser: string;
    /** Whether the dot products of AVX-VNNI were hidden from the browser. */
    vnni_hidden: boolean;
    /** V8's other flags. Older files have none. */
    js_flags?: string;
    /** One-minute load averages at the beginning and at the end. */
    load: [before: number, after: number];
  };
  /** Null where the workload does not measure it. */
  peak: { before: Peaks; after: Peaks } | null;
  versions: Record<string, string>;
  /** Name of the folder of photos, where the workload takes one. */
  data?: string;
  rows: Row[];
}

/** `times` are milliseconds, of all rounds. */
export function timing(times: readonly number[]): Pick<Row, 'ms_min' | 'ms_med' | 'spread'> {
  const { seconds: fastest, spread } = best(times);
  return { ms_min: fastest, ms_med: median(times), spread };
}

/** How far two pictures are apart, in levels of 255, over the three colours. */
export interface Difference {
  mean: number;
  max: number;
}

/** @throws RangeError for pictures of different sizes. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): Difference {
  if (a.length !== b.length) throw new RangeError(`${a.length} bytes and ${b.length} bytes`);
  let [sum, max, count] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (i % 4 === 3) continue;
    const apart = Math.abs((a[i] as number) - (b[i] as number));
    sum += apart;
    max = Math.max(max, apart);
    count++;
  }
  return { mean: sum / count, max };
}

/** The rows of one browser. */
export const rowsOf = (rows: readonly Row[], browser: BrowserName): Row[] =>
  rows.filter((row) => (row.browser ?? 'chromium') === browser);

/** A peer's time by ours, in the same run: over 1 where ours is faster. */
export interface Ratio {
  workload: string;
  browser: BrowserName;
  net: string;
  pixels: number;
  threads: number;
  peer: string;
  /** The peer's and our fastest way. */
  peer_kind: string;
  our_kind: string;
  ratio: number;
}

const OURS = 'tessera';

const fastest = (rows: readonly Row[]): Row | undefined =>
  rows.reduce<Row | undefined>((a, b) => (a && a.ms_min <= b.ms_min ? a : b), undefined);

/** Ways that run another network than the one named do not count. */
export const sameNetwork = ({ kind }: Row): boolean => !kind.includes('leaky');

/**
 * The best of every peer by our best, for each browser, network, size and number of threads. The fastest
 * measurements are compared, as everywhere here: other programs can only make one slower.
 */
export function ratios(rows: readonly Row[], counts = sameNetwork): Ratio[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { browser = 'chromium' } = row;
    const key = [row.workload, browser, row.net, row.pixels, row.threads].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) => {
    const ours = fastest(group.filter(({ subject }) => subject === OURS));
    if (ours === undefined) return [];
    const peers = [...new Set(group.map(({ subject }) => subject))].filter((name) => name !== OURS);
    return peers.flatMap((peer): Ratio[] => {
      const theirs = fastest(group.filter((row) => row.subject === peer && counts(row)));
      if (theirs === undefined) return [];
      const { workload, browser = 'chromium', net, pixels, threads } = ours;
      const kinds = { peer_kind: theirs.kind, our_kind: ours.kind };
      return [
        {
          workload,
          browser,
          net,
          pixels,
          threads,
          peer,
          ...kinds,
          ratio: theirs.ms_min / ours.ms_min,
        },
      ];
    });
  });
}
