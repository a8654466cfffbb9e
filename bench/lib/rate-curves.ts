// How many bytes a score costs, for two ways to send the same pictures.

/** One setting of an encoder: what it costs and what arrives. */
export interface Point {
  /** Of all pictures together. */
  bytes: number;
  score: number;
}

/** Which scores are better: decibels and similarities are higher, deviations lower. */
export type Better = 'higher' | 'lower';

/** With a score of which more is better. */
interface LogPoint {
  score: number;
  logBytes: number;
}

/** By score, without settings that cost more and give less. */
function frontier(points: readonly Point[]): LogPoint[] {
  const cheapestFirst = [...points].sort((a, b) => a.bytes - b.bytes);
  const kept: LogPoint[] = [];
  for (const { bytes, score } of cheapestFirst) {
    if (score > (kept.at(-1)?.score ?? Number.NEGATIVE_INFINITY)) {
      kept.push({ score, logBytes: Math.log(bytes) });
    }
  }
  return kept;
}

/** Between two points bytes grow by the same factor for the same gain in score. */
function logBytesAt(curve: readonly LogPoint[], score: number): number {
  const next = curve.findIndex((point) => point.score >= score);
  const b = curve[next] as LogPoint;
  const a = curve[next - 1];
  if (a === undefined) return b.logBytes;
  const part = (score - a.score) / (b.score - a.score);
  return a.logBytes + part * (b.logBytes - a.logBytes);
}

export interface CurveComparison {
  /** Scores that both ways reach, from the worst to the best. */
  from: number;
  to: number;
  /** Bytes of the second by those of the first, on (geometric) average over those scores. */
  average: number;
  /** The same at the worst and at the best of them. */
  atWorst: number;
  atBest: number;
  /** Up to which score, from the worst on, the second is smaller; null when it never is. */
  breakEven: number | null;
}

const STEPS = 200;

/** Compares where both ways give the same score; null when there is no such score. */
export function compareCurves(
  first: readonly Point[],
  second: readonly Point[],
  better: Better = 'higher',
): CurveComparison | null {
  const sign = better === 'higher' ? 1 : -1;
  const upward = (points: readonly Point[]) =>
    frontier(points.map(({ bytes, score }) => ({ bytes, score: sign * score })));
  const [a, b] = [upward(first), upward(second)];
  if (a.length === 0 || b.length === 0) return null;
  const from = Math.max((a[0] as LogPoint).score, (b[0] as LogPoint).score);
  const to = Math.min((a.at(-1) as LogPoint).score, (b.at(-1) as LogPoint).score);
  if (to <= from) return null;
  const scores = Array.from({ length: STEPS + 1 }, (_, i) =>
    i === STEPS ? to : from + ((to - from) * i) / STEPS,
  );
  const logs = scores.map((score) => logBytesAt(b, score) - logBytesAt(a, score));
  const last = logs.map((log) => log < 0).lastIndexOf(true);
  return {
    ...{ from: sign * from, to: sign * to },
    average: Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length),
    atWorst: Math.exp(logs[0] as number),
    atBest: Math.exp(logs.at(-1) as number),
    breakEven: last < 0 ? null : sign * (scores[last] as number),
  };
}
