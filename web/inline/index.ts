/**
 * The library in one file, for pages that are one file themselves: worker, cores and `photo-x2` are inside, and nothing is
 * loaded that is not asked for by its address.
 */
import { base64 as script } from 'inside:worker';
import type { CreateOptions } from '../src/create-options.js';
import { Pool as AnyPool } from '../src/pool/pool.js';
import type { PoolOptions, WorkerPort } from '../src/types.js';
import { Upscaler as AnyUpscaler } from '../src/upscaler.js';
import { fetchFrom, INSIDE, unpack } from './files.js';

export { ERROR_CODES, TesseraError } from '../src/errors.js';
export { VARIANTS } from '../src/variants.js';

// Unpacked once; it stays for workers that start later.
const scriptUrl = unpack(script)
  .blob()
  .then((blob) => URL.createObjectURL(new Blob([blob], { type: 'text/javascript' })));

/** A worker whose script is on its way: what it is told meanwhile waits. */
function startInside(): WorkerPort {
  const started = scriptUrl.then((url) => new Worker(url, { name: 'tessera' }));
  started.catch(() => {});
  return {
    postMessage: (message, transfer) =>
      void started.then((worker) => worker.postMessage(message, transfer as Transferable[])),
    terminate: () => void started.then((worker) => worker.terminate()),
    addEventListener(type, listener) {
      started.then(
        (worker) => worker.addEventListener(type, listener as (event: Event) => void),
        (error) => type === 'error' && listener({ error }),
      );
    },
  };
}

/** What is inside, where the caller brings nothing else. */
function inside({ baseUrl = INSIDE, createWorker = startInside, fetch }: PoolOptions): PoolOptions {
  return {
    baseUrl,
    createWorker,
    fetch: fetchFrom(fetch ?? ((url, init) => globalThis.fetch(url, init))),
  };
}

/** {@link AnyPool} of workers that are inside. */
export class Pool extends AnyPool {
  constructor(options: PoolOptions = {}) {
    super({ ...options, ...inside(options) });
  }
}

/** {@link AnyUpscaler} with what is inside. */
export class Upscaler extends AnyUpscaler {
  constructor(options: CreateOptions = {}) {
    const { baseUrl, fetch, createWorker } = inside(options);
    const isOwn = options.pool === undefined && options.port === undefined;
    super({
      ...options,
      ...(isOwn ? { createWorker } : {}),
      ...(options.port ? {} : { baseUrl }),
      fetch,
    });
  }

  static override async create(options: CreateOptions = {}): Promise<Upscaler> {
    const upscaler = new Upscaler(options);
    await upscaler.ready;
    return upscaler;
  }
}
