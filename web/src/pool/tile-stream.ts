import { type Deferred, deferred } from '../base/deferred.js';
import type { TileResult } from '../types.js';
import { Run, type RunRequest } from './run.js';
import type { TilePool } from './tile-pool.js';

/** Finished tiles waiting for one receiver. */
export class TileStream {
  readonly #tiles: TileResult[] = [];
  #wake: Deferred<void> = deferred();
  #ended = false;
  #error: { reason: unknown } | undefined;

  push(tile: TileResult): void {
    this.#tiles.push(tile);
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  /** Ends it with an error, which the receiver gets instead of what is still waiting. */
  fail(reason: unknown): void {
    this.#error = { reason };
    this.#wake.resolve();
  }

  /** The next tile; undefined at the end. */
  async next(): Promise<TileResult | undefined> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error.reason;
      const tile = this.#tiles.shift();
      if (tile !== undefined || this.#ended) return tile;
      this.#wake = deferred();
      await this.#wake.promise;
    }
  }
}

/** A run whose tiles wait in a stream; to be started. */
export function streamRun(
  pool: TilePool,
  request: Omit<RunRequest, 'ontile'> & Partial<Pick<RunRequest, 'ontile'>>,
): { run: Run; tiles: TileStream } {
  const tiles = new TileStream();
  const run = new Run(pool, {
    ...request,
    ontile(tile, done) {
      request.ontile?.(tile, done);
      tiles.push(tile);
    },
  });
  run.finished.then(
    () => tiles.end(),
    (error) => tiles.fail(error),
  );
  return { run, tiles };
}
