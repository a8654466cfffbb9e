/** The library as Node gets it under the package's name: workers are threads, files come from the disk. */
import { Worker } from 'node:worker_threads';
import type { CreateOptions, WorkerPort } from '../src/types.js';
import { Upscaler as AnyUpscaler } from '../src/upscaler.js';
import { adaptWorker, defaultWorkers, fetchFile } from './host.js';
import { fileAddress } from './paths.js';

export { ERROR_CODES, TesseraError } from '../src/errors.js';
export { VARIANTS } from '../src/variants.js';

// Bundlers for servers look for this expression, as those for pages do for theirs.
const createWorker = (): WorkerPort =>
  adaptWorker(new Worker(new URL('./node-worker.mjs', import.meta.url)));

/** {@link AnyUpscaler} with what it needs of Node, where the caller brings nothing else. */
export class Upscaler extends AnyUpscaler {
  constructor(options: CreateOptions = {}) {
    super({
      ...options,
      model: fileAddress(options.model),
      workers: options.workers ?? defaultWorkers(),
      createWorker: options.createWorker ?? createWorker,
      fetch: options.fetch ?? fetchFile,
    });
  }

  static override async create(options: CreateOptions = {}): Promise<Upscaler> {
    const upscaler = new Upscaler(options);
    await upscaler.ready;
    return upscaler;
  }
}
