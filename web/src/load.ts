import { startBrowserWorker } from './browser-worker.js';
import { describe, TesseraError } from './errors.js';
import { type FetchContext, fetchBytes } from './fetch-bytes.js';
import { type Locations, locate } from './locations.js';
import { loadModel } from './model-source.js';
import type { ResolvedCreate } from './options.js';
import { ProgressMeter } from './progress.js';
import type { LoadedReply, LoadRequest } from './protocol.js';
import type { LoadPhase, ModelInfo, UpscalerInfo } from './types.js';
import { chooseVariant } from './variants.js';
import { VERSION } from './version.js';
import { WorkerPool } from './worker-pool.js';

/** An upscaler's working parts. */
export interface Loaded {
  pool: WorkerPool;
  model: ModelInfo;
  info: UpscalerInfo;
}

// Starting the first worker is a small part of the wait, so little of the progress is left for it.
const DOWNLOAD_SHARE = 0.95;

/** Loads the model and the core, and starts the first worker. */
export async function loadUpscaler(options: ResolvedCreate, signal: AbortSignal): Promise<Loaded> {
  const choice = chooseVariant(options.variant);
  const places = locate(options, choice.variant);
  const meter = new ProgressMeter<[LoadPhase]>(options.onprogress);
  const [model, wasm] = await download(options, places, meter, signal);
  const threaded = choice.variant.endsWith('-mt');
  const threads = threaded ? options.workers : 1;
  const workers = threaded ? 1 : options.workers;
  const load: LoadRequest = { type: 'load', glueUrl: places.glue.href, wasm, model, threads };
  const pool = new WorkerPool(workers, {
    spawn: options.createWorker ?? (() => startBrowserWorker(places.worker)),
    load,
    silence: options.timeout,
    idleTimeout: options.idleTimeout,
  });
  const first = await startFirst(pool, places, signal);
  meter.finish('prepare');
  return {
    pool,
    model: first.model,
    info: { ...choice, version: VERSION, workers, threads },
  };
}

async function download(
  options: ResolvedCreate,
  places: Locations,
  meter: ProgressMeter<[LoadPhase]>,
  signal: AbortSignal,
): Promise<[Uint8Array, WebAssembly.Module]> {
  // When one of the two fails, the other one is not worth finishing.
  const stopper = new AbortController();
  const stop = () => stopper.abort(signal.reason);
  signal.addEventListener('abort', stop);
  const parts = { model: 0, wasm: 0 };
  const track = (part: keyof typeof parts) => (loaded: number, total: number) => {
    parts[part] = total > 0 ? Math.min(1, loaded / total) : 0;
    meter.update(((parts.model + parts.wasm) / 2) * DOWNLOAD_SHARE, 1, 'download');
  };
  const context: FetchContext = {
    fetch: options.fetch,
    signal: stopper.signal,
    timeout: options.timeout,
  };
  try {
    return await Promise.all([
      loadModel(options.model, places.manifest.href, { ...context, onbytes: track('model') }),
      compile(places.wasm.href, { ...context, onbytes: track('wasm') }),
    ]);
  } finally {
    stopper.abort(new Error('another part failed'));
    signal.removeEventListener('abort', stop);
  }
}

async function compile(url: string, context: FetchContext): Promise<WebAssembly.Module> {
  const bytes = await fetchBytes(url, 'wasm core', context);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new TesseraError('ERR_LOAD', `${url} is not a usable wasm file: ${describe(cause)}`, {
      cause,
      details: { url, bytes: bytes.length },
    });
  }
}

async function startFirst(
  pool: WorkerPool,
  places: Locations,
  signal: AbortSignal,
): Promise<LoadedReply> {
  const stop = () => void pool.dispose(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const first = await pool.start();
    if (first.model.channels !== 3) {
      throw new TesseraError(
        'ERR_UNSUPPORTED',
        `this network takes ${first.model.channels} channels; only networks for colour images ` +
          '(3 channels) can be run on images',
      );
    }
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
  return new TesseraError(
    'ERR_LOAD',
    `cannot start the worker (${where}): ${error.message}; it must be served as JavaScript, and ` +
      "a Content-Security-Policy must allow it (worker-src 'self'; script-src 'self' " +
      "'wasm-unsafe-eval')",
    { cause: error, details: { url: where } },
  );
}
