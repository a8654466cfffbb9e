// The built library in Node, with the worker threads of the Node build: whole runs without a browser.
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { adaptWorker, fetchFile } from '../../../web/node/host.ts';
import { type CreateOptions, Upscaler } from '../../../web/src/index.ts';

/** Where the wasm lies. */
export const BASE_URL = pathToFileURL(`${DIST}/`);

/** A worker of the Node build. */
export const startThread = () => adaptWorker(new Worker(new URL('node-worker.mjs', BASE_URL)));

/** What an upscaler needs to run here. */
export function nodeOptions(): CreateOptions {
  return {
    baseUrl: BASE_URL,
    createWorker: startThread,
    variant: 'simd',
    workers: 2,
    fetch: fetchFile,
  };
}

/** An upscaler on the built wasm. Dispose of it. */
export function openUpscaler(options: CreateOptions): Promise<Upscaler> {
  return Upscaler.create({ ...nodeOptions(), ...options });
}
