import { abort, reasonOf } from './base/abort.js';
import { ProgressMeter } from './base/progress.js';
import { TesseraError } from './errors.js';
import { loadCore } from './load/core.js';
import type { FetchContext } from './load/fetch-bytes.js';
import { type Locations, locate } from './load/locations.js';
import { loadModel } from './load/model-source.js';
import { movedAdvice } from './load/moved.js';
import type { ResolvedCreate } from './options.js';
import { startBrowserWorker } from './pool/browser-worker.js';
import { WorkerPool } from './pool/worker-pool.js';
import type { LoadPhase, ModelInfo, UpscalerInfo } from './types.js';
import { chooseVariant } from './variants.js';
import { VERSION } from './version.js';
import type { LoadedReply, LoadRequest } from './worker/protocol.js';

/** An upscaler's working parts. */
export interface Loaded {
  pool: WorkerPool;
  model: ModelInfo;
  info: UpscalerInfo;
}

// Starting the first worker is a small part of the wait, so little of the progress is left for it.
const DOWNLOAD_SHARE = 0.95;

/** Starts the first worker while it loads the model and the core. */
export async function loadUpscaler(options: ResolvedCreate, signal: AbortSignal): Promise<Loaded> {
  const choice = chooseVariant(options.variant);
  const places = locate(options, choice.variant);
  const meter = new ProgressMeter<[LoadPhase]>(options.onprogress);
  const threaded = choice.variant.endsWith('-mt');
  const threads = threaded ? options.workers : 1;
  const workers = threaded ? 1 : options.workers;
  // When one part fails, the others are not worth finishing.
  const stopper = new AbortController();
  const stop = () => abort(stopper, reasonOf(signal));
  signal.addEventListener('abort', stop);
  try {
    const load = download(options, places, threads, meter, stopper.signal);
    // Whoever starts a worker gets the error.
    load.catch(() => {});
    const pool = new WorkerPool(workers, {
      spawn: options.createWorker ?? (() => startBrowserWorker(places.worker)),
      glueUrl: places.glue.href,
      load,
      silence: options.timeout,
      idleTimeout: options.idleTimeout,
    });
    const { model } = await startFirst(pool, places, stopper.signal);
    meter.finish('prepare');
    const { warnings } = model;
    return { pool, model, info: { ...choice, version: VERSION, workers, threads, warnings } };
  } finally {
    signal.removeEventListener('abort', stop);
    abort(stopper, new Error('another part failed'));
  }
}

async function download(
  options: ResolvedCreate,
  places: Locations,
  threads: number,
  meter: ProgressMeter<[LoadPhase]>,
  signal: AbortSignal,
): Promise<LoadRequest> {
  const parts = { model: 0, wasm: 0 };
  const track = (part: keyof typeof parts) => (loaded: number, total: number) => {
    parts[part] = total > 0 ? Math.min(1, loaded / total) : 0;
    meter.update(((parts.model + parts.wasm) / 2) * DOWNLOAD_SHARE, 1, 'download');
  };
  const context: FetchContext = { fetch: options.fetch, signal, timeout: options.timeout };
  const placed = options.baseUrl !== undefined || options.wasmUrl !== undefined;
  const ifMissing = placed ? undefined : movedAdvice(places.wasm);
  const [model, wasm] = await Promise.all([
    loadModel(
      options.model,
      places.models,
      { ...context, onbytes: track('model') },
      options.hashes,
    ),
    loadCore(places.wasm.href, { ...context, ifMissing, onbytes: track('wasm') }),
  ]);
  const { metadata, output, inputs } = options;
  return {
    type: 'load',
    wasm,
    model: { ...model, metadata, choices: { output, inputs } },
    threads,
  };
}

async function startFirst(
  pool: WorkerPool,
  places: Locations,
  signal: AbortSignal,
): Promise<LoadedReply> {
  const stop = () => void pool.dispose(reasonOf(signal));
  signal.addEventListener('abort', stop);
  try {
    const first = await pool.start();
    const { notRunnableBecause } = first.model;
    if (notRunnableBecause !== '') throw new TesseraError('ERR_UNSUPPORTED', notRunnableBecause);
    return first;
  } catch (error) {
    const failure = toLoadError(error, places);
    await pool.dispose(failure);
    throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A worker that is lost before it ever answered has most likely not been found. */
function toLoadError(error: unknown, places: Locations): unknown {
  if (!(error instanceof TesseraError) || error.code !== 'ERR_WORKER_CRASHED') return error;
  const where = places.worker?.href ?? 'worker.mjs, beside the library';
  const { origin }: { origin?: string } = globalThis;
  const elsewhere = origin !== undefined && (places.worker ?? places.glue).origin !== origin;
  const policy = elsewhere
    ? 'with Access-Control-Allow-Origin, as it is of another origin, and a Content-Security-Policy must ' +
      "allow blob: in worker-src, and that origin in worker-src and script-src, beside 'wasm-unsafe-eval'"
    : "and a Content-Security-Policy must allow it (worker-src 'self'; script-src 'self' " +
      "'wasm-unsafe-eval')";
  return new TesseraError(
    'ERR_LOAD',
    `cannot start the worker (${where}): ${error.message}; it must be served as JavaScript ${policy}` +
      (places.worker === undefined ? movedAdvice(undefined) : ''),
    { cause: error, details: { url: where } },
  );
}
