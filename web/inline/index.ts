/**
 * The library in one file, for pages that are one file themselves: worker, cores and `photo-x2` are inside, and nothing is
 * loaded that is not asked for by its address.
 */
import { base64 as script } from 'inside:worker';
import type { CreateOptions } from '../src/create-options.js';
import { Pool as AnyPool } from '../src/pool/pool.js';
import type { PoolOptions, WorkerPort } from '../src/types.js';
import { Upscaler as AnyUpscaler } from '../src/upscaler.js';
import { INSIDE } from './address.js';
import { fetchFrom, unpack } from './files.js';

export { ERROR_CODES, TesseraError } from '../src/errors.js';
export { VARIANTS } from '../src/variants.js';

let scriptUrl: Promise<string> | undefined;

/** The worker's script: unpacked when a worker first needs it, and kept for those that start later. */
async function unpackScript(): Promise<string> {
  const text = await unpack(script).blob();
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}

async function startWorker(): Promise<Worker> {
  scriptUrl ??= unpackScript();
  return new Worker(await scriptUrl, { name: 'tessera' });
}

/** A worker whose script is on its way: what it is told meanwhile waits. */
function startInside(): WorkerPort {
  const started = startWorker();
  const onerror: ((event: { error: unknown }) => void)[] = [];
  return {
    postMessage(message, transfer) {
      started
        .then((worker) => worker.postMessage(message, transfer as Transferable[]))
        .catch((error) => {
          for (const listener of onerror) listener({ error });
        });
    },
    terminate: () =>
      started.then(
        (worker) => worker.terminate(),
        () => {},
      ),
    addEventListener(type, listener) {
      if (type === 'error') onerror.push(listener);
      started.then(
        (worker) => worker.addEventListener(type, listener as (event: Event) => void),
        () => {},
      );
    },
  };
}

/** What is inside, where the caller brings nothing else. */
const inside = ({ baseUrl = INSIDE, createWorker = startInside, fetch }: PoolOptions) => ({
  baseUrl,
  createWorker,
  fetch: fetchFrom(fetch),
});

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
