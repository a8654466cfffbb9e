/** What the library needs from its host, done by Node. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { FetchFunction, WorkerPort } from '../src/types.js';

const MOST_DEFAULT_WORKERS = 8;

/** Loads from the disk too, which Node's fetch does not. */
export const fetchFile: FetchFunction = async (url, init) => {
  if (!url.startsWith('file:')) return fetch(url, init);
  return new Response(await readFile(fileURLToPath(url), { signal: init.signal }));
};

/** A Node thread, seen as the library sees a worker. */
export function adaptWorker(worker: Worker): WorkerPort {
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    terminate: () => worker.terminate(),
    addEventListener(type, listener) {
      worker.on(type, (value) => listener(type === 'message' ? { data: value } : { error: value }));
      // A thread that ends by itself is as lost as one that fails.
      if (type !== 'error') return;
      worker.on('exit', (code) => listener({ message: `the thread ended with code ${code}` }));
    },
  };
}

/** As many workers as there are cores, up to a point. */
export function defaultWorkers(): number {
  return Math.min(availableParallelism(), MOST_DEFAULT_WORKERS);
}
