// The built library in Node, with the command line's worker threads: whole runs without a browser.
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { type CreateOptions, Upscaler, type WorkerPort } from '../../../web/src/index.ts';

const baseUrl = pathToFileURL(`${DIST}/`);

/** A worker thread that runs dist/cli/node-worker.mjs. */
export function createWorker(): WorkerPort {
  const worker = new Worker(new URL('cli/node-worker.mjs', baseUrl));
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    terminate: () => worker.terminate(),
    addEventListener(type, listener) {
      worker.on(type, (value) => listener(type === 'message' ? { data: value } : { error: value }));
      if (type !== 'error') return;
      worker.on('exit', (code) => listener({ message: `the thread ended with code ${code}` }));
    },
  };
}

/** An upscaler on the built wasm. Dispose of it. */
export function openUpscaler(options: CreateOptions): Promise<Upscaler> {
  return Upscaler.create({
    baseUrl,
    createWorker,
    variant: 'simd',
    workers: 2,
    fetch: async (url) => new Response(await readFile(fileURLToPath(url))),
    ...options,
  });
}
