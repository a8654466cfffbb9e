// Whether a curve of memory is flat.

/** What a soak makes of its samples. */
export interface Flatness {
  /** The greatest of the first third, and of the last. */
  first: number;
  last: number;
  /** By how much of the first the last is greater; negative where it is less. */
  growth: number;
}

const FEWEST = 3;

/** @param samples - at least three, in order of time */
export function flatnessOf(samples: readonly number[]): Flatness {
  if (samples.length < FEWEST) throw new RangeError(`${samples.length} samples have no thirds`);
  const third = Math.floor(samples.length / 3);
  const first = Math.max(...samples.slice(0, third));
  const last = Math.max(...samples.slice(-third));
  return { first, last, growth: last / first - 1 };
}

const BARS = '▁▂▃▄▅▆▇█';

/** A curve as text, from zero to its greatest. */
export function sparkline(samples: readonly number[], width: number): string {
  const step = Math.max(1, samples.length / width);
  const most = Math.max(...samples);
  const columns = Math.min(width, samples.length);
  return Array.from({ length: columns }, (_, i) => {
    const part = samples.slice(Math.floor(i * step), Math.floor((i + 1) * step));
    const height = Math.max(...part) / most;
    return BARS[Math.min(BARS.length - 1, Math.floor(height * BARS.length))];
  }).join('');
}
