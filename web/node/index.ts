/** The library as Node gets it under the package's name: workers are threads, files come from the disk. */
import { Worker } from 'node:worker_threads';
import type { CreateOptions } from '../src/create-options.js';
import { Pool as AnyPool } from '../src/pool/pool.js';
import type { PoolOptions, WorkerPort } from '../src/types.js';
import { Upscaler as AnyUpscaler } from '../src/upscaler.js';
import { adaptWorker, defaultWorkers, fetchFile } from './host.js';
import { fileAddress } from './paths.js';

export { ERROR_CODES, TesseraError } from '../src/errors.js';
export { VARIANTS } from '../src/variants.js';

// Bundlers for servers look for this expression, as those for pages do for theirs.
const startThread = (): WorkerPort =>
  adaptWorker(new Worker(new URL('./node-worker.mjs', import.meta.url)));

/** What Node brings, where the caller brings nothing else. */
const onNode = ({ workers, createWorker = startThread, fetch }: PoolOptions): PoolOptions => ({
  workers: workers ?? defaultWorkers(),
  createWorker,
  fetch: fetch ?? fetchFile,
});

/** {@link AnyPool} of threads. */
export class Pool extends AnyPool {
  constructor(options: PoolOptions = {}) {
    super({ ...options, ...onNode(options) });
  }
}

/** {@link AnyUpscaler} with what it needs of Node. */
export class Upscaler extends AnyUpscaler {
  constructor(options: CreateOptions = {}) {
    const { fetch, ...workers } = onNode(options);
    const isOwn = options.pool === undefined && options.port === undefined;
    super({ ...options, ...(isOwn ? workers : {}), fetch, model: fileAddress(options.model) });
  }

  static override async create(options: CreateOptions = {}): Promise<Upscaler> {
    const upscaler = new Upscaler(options);
    await upscaler.ready;
    return upscaler;
  }
}
