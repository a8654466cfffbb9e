/** The pools of upscalers that were given none: those with the same options have one together. */
import type { PoolOptions } from '../types.js';
import { Pool } from './pool.js';
import { resolvePool } from './pool-options.js';

/** A pool for as long as it is needed. */
export interface Loan {
  pool: Pool;
  /** The last one ends the workers. */
  giveBack(): Promise<void>;
}

interface CommonPool {
  pool: Pool;
  key: readonly unknown[];
  users: number;
}

const common = new Set<CommonPool>();

/** What tells pools apart; addresses are the same when their texts are. */
function keyOf(options: PoolOptions): unknown[] {
  const { workers, variant, timeout, idleTimeout, ...sources } = resolvePool(options);
  const { createWorker, fetch, baseUrl, workerUrl, wasmUrl } = sources;
  const places = [baseUrl, workerUrl, wasmUrl].map((url) => url && String(url));
  return [workers, variant, timeout, idleTimeout, createWorker, fetch, ...places];
}

/** The pool for some options: one that is there, or a new one. */
export function borrowPool(options: PoolOptions): Loan {
  const key = keyOf(options);
  const known = [...common].find((other) => other.key.every((part, i) => part === key[i]));
  const shared = known ?? { pool: new Pool(options), key, users: 0 };
  common.add(shared);
  shared.users++;
  let needed = true;
  return {
    pool: shared.pool,
    async giveBack() {
      if (needed) shared.users--;
      needed = false;
      if (shared.users > 0) return;
      common.delete(shared);
      await shared.pool.dispose();
    },
  };
}
