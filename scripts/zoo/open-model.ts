// The library on dist/, run by Node.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { adaptWorker, defaultWorkers, fetchFile } from '../../web/cli/node-host.ts';
import { Upscaler } from '../../web/src/index.ts';
import { DIST } from '../lib/paths.mjs';

/** Where the wasm lies. */
export const BASE_URL = pathToFileURL(`${DIST}/`);

/** An upscaler with the model of a file. Dispose of it. */
export async function openModel(path: string, workers = defaultWorkers()): Promise<Upscaler> {
  return Upscaler.create({
    model: new Uint8Array(await readFile(path)),
    workers,
    baseUrl: BASE_URL,
    fetch: fetchFile,
    createWorker: () => adaptWorker(new Worker(new URL('cli/node-worker.mjs', BASE_URL))),
  });
}
