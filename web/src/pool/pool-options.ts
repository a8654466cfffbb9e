import { checkFunction, checkInteger, checkOneOf, checkPositive } from '../base/checks.js';
import { DEFAULT_TIMEOUT_MS } from '../base/stall.js';
import type { PoolOptions } from '../types.js';
import { VARIANTS } from '../variants.js';

// More workers than this only cost memory on the machines there are.
const MOST_WORKERS = 64;
const DEFAULT_MOST_WORKERS = 8;
const WORKERS_PER_GIBIBYTE = 2;
// A worker that is ended comes back in some hundredths of a second.
const DEFAULT_IDLE_MS = 60_000;

/** {@link PoolOptions} whose choices are checked and filled in; sources stay as they are. */
export interface ResolvedPool extends PoolOptions {
  workers: number;
  variant: NonNullable<PoolOptions['variant']>;
  timeout: number;
  idleTimeout: number;
}

/** As many as there are cores, and fewer where the browser says that memory is small. */
function defaultWorkers(): number {
  const scope: { navigator?: { hardwareConcurrency?: number; deviceMemory?: number } } = globalThis;
  const { hardwareConcurrency = 1, deviceMemory = DEFAULT_MOST_WORKERS } = scope.navigator ?? {};
  const most = Math.min(DEFAULT_MOST_WORKERS, deviceMemory * WORKERS_PER_GIBIBYTE);
  return Math.max(1, Math.min(hardwareConcurrency, Math.floor(most)));
}

/** @throws TypeError or RangeError that names the option. */
export function resolvePool(options: PoolOptions): ResolvedPool {
  const workers = checkInteger('workers', options.workers ?? defaultWorkers(), 1);
  if (workers > MOST_WORKERS) throw new RangeError(`workers must be at most ${MOST_WORKERS}`);
  checkFunction('createWorker', options.createWorker);
  checkFunction('fetch', options.fetch);
  return {
    ...options,
    workers,
    variant: checkOneOf('variant', options.variant ?? 'auto', ['auto', ...VARIANTS]),
    timeout: checkPositive('timeout', options.timeout ?? DEFAULT_TIMEOUT_MS),
    idleTimeout: checkPositive('idleTimeout', options.idleTimeout ?? DEFAULT_IDLE_MS),
  };
}
