// The arithmetic behind the tables: which of many measurements stands for all, and what it means.

/** Something that the benchmark module can measure, as bench/cpp/catalog.h has it. */
export interface Entry {
  name: string;
  who: string;
  type: string;
  /** Of a schedule: its chain of layers. */
  layer: string;
  /** Of one iteration. */
  multiplications: number;
  /** Those of the real layer alone: a first layer reads four channels, and three matter. */
  realMultiplications: number;
}

/** Seconds per iteration of each entry, one per round, by the entry's name. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** The fastest of some measurements, and how far the slowest is from it. */
export interface Best {
  seconds: number;
  /** (slowest - fastest) / slowest, from 0. */
  spread: number;
}

/**
 * Other programs can only slow a loop down, so the fastest run is the one that tells most.
 *
 * @throws RangeError without any measurement.
 */
export function best(seconds: readonly number[]): Best {
  if (seconds.length === 0) throw new RangeError('nothing was measured');
  const fastest = Math.min(...seconds);
  const slowest = Math.max(...seconds);
  return { seconds: fastest, spread: (slowest - fastest) / slowest };
}

/** The middle one, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

/** 10^9 multiplications (with their additions) per second. */
export function gmacs(multiplications: number, seconds: number): number {
  return multiplications / seconds / 1e9;
}

export interface PeakReport {
  int8: number;
  float: number;
  spread: { int8: number; float: number };
}

/** The peaks, of all rounds and from every place in them. */
export function summarisePeaks(entries: readonly Entry[], samples: Samples): PeakReport {
  const of = (type: string) => {
    const entry = entries.find(({ who, type: own }) => who === 'peak' && own === type);
    if (entry === undefined) throw new RangeError(`no peak of type ${type}`);
    const { seconds, spread } = best(samples.get(entry.name) ?? []);
    return { speed: gmacs(entry.multiplications, seconds), spread };
  };
  const [int8, float] = [of('int8'), of('float')];
  return {
    int8: int8.speed,
    float: float.speed,
    spread: { int8: int8.spread, float: float.spread },
  };
}

/** One layer. Speeds are GMAC/s; null where there is no such kernel. */
export interface LayerReport {
  name: string;
  /** Our int8 kernel. A first layer counts the four channels it reads. */
  gmacs: number | null;
  /** The same as a part of the int8 peak. */
  share: number | null;
  /** Of a first layer: with the three channels that matter. */
  gmacs_rgb?: number;
  spread: number | null;
  /** XNNPACK's int8 operator, counted as `gmacs` is. */
  xnnpack: number | null;
  /** XNNPACK's float operator, and its part of the float peak. */
  xnnpack_float: number | null;
  xnnpack_float_share: number | null;
}

/** One report per layer, in the catalog's order. */
export function summariseLayers(
  entries: readonly Entry[],
  samples: Samples,
  peak: Pick<PeakReport, 'int8' | 'float'>,
): LayerReport[] {
  const layers = [...new Set(entries.map(({ layer }) => layer))].filter(Boolean);
  return layers.map((layer) => {
    const measured = (who: string, type: string) => {
      const entry = entries.find((e) => e.layer === layer && e.who === who && e.type === type);
      const times = entry && samples.get(entry.name);
      if (entry === undefined || times === undefined) return undefined;
      const { seconds, spread } = best(times);
      const speed = gmacs(entry.multiplications, seconds);
      const real = gmacs(entry.realMultiplications, seconds);
      return { speed, spread, ...(real === speed ? {} : { gmacs_rgb: real }) };
    };
    const ours = measured('tessera', 'int8');
    const float = measured('xnnpack', 'float')?.speed ?? null;
    return {
      name: layer,
      gmacs: ours?.speed ?? null,
      share: ours ? ours.speed / peak.int8 : null,
      ...(ours?.gmacs_rgb === undefined ? {} : { gmacs_rgb: ours.gmacs_rgb }),
      spread: ours?.spread ?? null,
      xnnpack: measured('xnnpack', 'int8')?.speed ?? null,
      xnnpack_float: float,
      xnnpack_float_share: float === null ? null : float / peak.float,
    };
  });
}

/** One order in which a chain of layers can be computed. */
export interface ScheduleReport {
  name: string;
  gmacs: number | null;
  /** The same as a part of the int8 peak. */
  share: number | null;
  spread: number | null;
  /** The speed by that of the same chain layer by layer. */
  ratio: number | null;
}

/** One report per schedule, in the catalog's order. */
export function summariseSchedules(
  entries: readonly Entry[],
  samples: Samples,
  peak: Pick<PeakReport, 'int8'>,
): ScheduleReport[] {
  const schedules = entries.filter(({ who }) => who === 'schedule');
  const measured = ({ name, multiplications }: Entry) => {
    const times = samples.get(name);
    if (times === undefined) return undefined;
    const { seconds, spread } = best(times);
    return { speed: gmacs(multiplications, seconds), spread };
  };
  return schedules.map((entry) => {
    const own = measured(entry);
    const layers = schedules.find(({ layer, type }) => layer === entry.layer && type === 'layers');
    const base = layers && measured(layers);
    return {
      name: entry.name,
      gmacs: own?.speed ?? null,
      share: own ? own.speed / peak.int8 : null,
      spread: own?.spread ?? null,
      ratio: own && base ? own.speed / base.speed : null,
    };
  });
}
