/**
 * The seeds that a test with random input runs: 1 to `count`, or the one of TESSERA_SEED, to replay
 * a failure.
 */
export function seeds(count: number): number[] {
  const chosen = process.env.TESSERA_SEED;
  if (chosen !== undefined) return [Number(chosen)];
  return Array.from({ length: count }, (_, i) => i + 1);
}
