// For Symbol.asyncDispose, in programs that name older libraries.
/// <reference lib="esnext.disposable" preserve="true" />
import { TesseraError } from '../errors.js';
import type { PoolInfo, PoolOptions } from '../types.js';
import { type ResolvedPool, resolvePool } from './pool-options.js';
import { PoolParts } from './pool-parts.js';

const openers = new WeakMap<Pool, () => PoolParts>();

/**
 * Workers that several upscalers share, each with a model of its own. Nothing is loaded or started
 * before an upscaler needs it.
 *
 * @example
 * ```ts
 * const pool = new Pool({ workers: 4 });
 * const photos = await Upscaler.create({ model: 'photo-x2', pool });
 * const texts = await Upscaler.create({ model: 'text-x2', pool });
 * await pool.dispose();
 * ```
 */
export class Pool {
  readonly #options: ResolvedPool;
  #parts: PoolParts | undefined;
  #disposed: TesseraError | undefined;

  /**
   * Takes the options; nothing is loaded yet.
   *
   * @throws TypeError or RangeError that names the option.
   */
  constructor(options: PoolOptions = {}) {
    this.#options = resolvePool(options);
    openers.set(this, () => this.#open());
  }

  /**
   * Which build runs, why, and on how many workers.
   *
   * @throws TesseraError `ERR_UNSUPPORTED` where it cannot run.
   */
  get info(): PoolInfo {
    return this.#open().info;
  }

  #open(): PoolParts {
    if (this.#parts === undefined && this.#disposed !== undefined) throw this.#disposed;
    this.#parts ??= new PoolParts(this.#options);
    return this.#parts;
  }

  /**
   * Ends the workers, which gives back all their memory. Whatever is pending in the upscalers that
   * use them rejects with `ERR_DISPOSED`, and so does every later call. May be called again.
   */
  async dispose(): Promise<void> {
    this.#disposed ??= new TesseraError('ERR_DISPOSED', 'the pool of workers was disposed');
    await this.#parts?.dispose(this.#disposed);
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** @throws TypeError for what is no pool. */
export function checkPool(pool: Pool): void {
  if (!openers.has(pool))
    throw new TypeError('pool must be a Pool, of the same copy of this library');
}

/**
 * What upscalers use of a pool.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` where it cannot run, `ERR_DISPOSED`.
 */
export function partsOf(pool: Pool): PoolParts {
  return (openers.get(pool) as () => PoolParts)();
}
