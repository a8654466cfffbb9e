import { abort, follow, raceAbort, reasonOf } from './base/abort.js';
import { ProgressMeter } from './base/progress.js';
import type { ResolvedCreate } from './create-options.js';
import { TesseraError } from './errors.js';
import type { Convert } from './load/converter.js';
import { converterAt, type Locations, locate } from './load/locations.js';
import { isModelName, type LoadContext, loadModel } from './load/model-source.js';
import { movedAdvice } from './load/moved.js';
import type { Loaded } from './pool/model-set.js';
import { type Pool, partsOf } from './pool/pool.js';
import type { PoolParts } from './pool/pool-parts.js';
import { PooledModel } from './pool/pooled-model.js';
import { onSpareWorker } from './pool/spare-worker.js';
import { needOfTiles } from './tiling/bands.js';
import type { LoadPhase, ModelInfo } from './types.js';
import type { CoreKind } from './variants.js';
import type { ModelSetup } from './worker/protocol.js';

// Starting the first worker is a small part of the wait, so little of the progress is left for it.
const DOWNLOAD_SHARE = 0.95;

/** Looks at a model before it is loaded, and may put another in its place. */
export type Replace = (setup: ModelSetup) => Promise<ModelSetup>;

/** Starts the first worker while it loads the model and the core. */
export async function loadUpscaler(
  options: ResolvedCreate,
  pool: Pool,
  signal: AbortSignal,
  replace: Replace = async (setup) => setup,
): Promise<Loaded> {
  const parts = partsOf(pool);
  const core = coreFor(options);
  parts.need(core);
  const meter = new ProgressMeter<[LoadPhase]>(options.onprogress);
  // When one part fails, the others are not worth finishing.
  const stopper = new AbortController();
  const unfollow = follow(stopper, signal, parts.ended);
  try {
    const started = parts.workers.start();
    // A file that is missing is told first.
    started.catch(() => {});
    const downloaded = await download(options, parts, meter, stopper.signal);
    const setup = await raceAbort(replace(downloaded), stopper.signal);
    const loaded = await startModel(options, parts, setup, core, started, stopper.signal);
    meter.finish('prepare');
    return loaded;
  } finally {
    unfollow();
    abort(stopper, new Error('another part failed'));
  }
}

/** The lean core knows the models that come with this library, as they come. */
function coreFor({ core = 'auto', model, metadata, output, inputs }: ResolvedCreate): CoreKind {
  if (core !== 'auto') return core;
  const asItComes =
    Object.keys(metadata).length === 0 && output === undefined && inputs === undefined;
  return typeof model === 'string' && isModelName(model) && asItComes ? 'lean' : 'full';
}

async function download(
  options: ResolvedCreate,
  parts: PoolParts,
  meter: ProgressMeter<[LoadPhase]>,
  signal: AbortSignal,
): Promise<ModelSetup> {
  const shares = { model: 0, wasm: 0 };
  const track = (part: keyof typeof shares) => (loaded: number, total: number) => {
    shares[part] = total > 0 ? Math.min(1, loaded / total) : 0;
    meter.update(((shares.model + shares.wasm) / 2) * DOWNLOAD_SHARE, 1, 'download');
  };
  const { fetch, timeout, baseUrl, metadata, output, inputs } = options;
  const places = baseUrl === undefined ? parts.places : locate(options, parts.info.variant);
  // In a worker: a large network would keep the page waiting.
  const convert: Convert = (network) =>
    onSpareWorker(parts, signal, async (worker) => {
      const url = converterAt(places).href;
      return (await worker.request({ type: 'convert', url, network })).file;
    });
  const context: LoadContext = { fetch, signal, timeout, onbytes: track('model'), convert };
  const [model] = await Promise.all([
    loadModel(options.model, places.models, context, options.hashes),
    parts.core({ signal, onbytes: track('wasm') }),
  ]);
  return { ...model, metadata, choices: { output, inputs } };
}

/** Lets the first worker that is there look at the model. */
async function startModel(
  options: ResolvedCreate,
  { workers, info, places, kind }: PoolParts,
  setup: ModelSetup,
  core: CoreKind,
  started: Promise<void>,
  signal: AbortSignal,
): Promise<Loaded> {
  const pool = new PooledModel(workers, setup, core);
  const stop = () => void pool.close(reasonOf(signal));
  signal.addEventListener('abort', stop);
  try {
    await raceAbort(started, signal);
    const model = await pool.describe();
    const { notRunnableBecause, warnings } = model;
    if (notRunnableBecause !== '') throw new TesseraError('ERR_UNSUPPORTED', notRunnableBecause);
    if (kind === 'lean') refuseFloat(model);
    const scheduleBecause = needOfTiles(options, model);
    const schedule = scheduleBecause === '' ? 'rows' : 'tiles';
    return {
      pool,
      model,
      info: { ...info, core: kind, quantization: null, warnings, schedule, scheduleBecause },
      tilesBecause: '',
    };
  } catch (error) {
    const failure = toLoadError(options.core === 'lean' ? ofLeanCore(error) : error, places);
    await pool.close(failure);
    throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The lean core computes on codes alone. */
function refuseFloat({ nodes }: ModelInfo): void {
  const node = nodes.find(({ runs }) => runs === 'float');
  if (node === undefined) return;
  throw new TesseraError('ERR_UNSUPPORTED', `node '${node.name}' (${node.op}) runs in float`);
}

/** What the lean core does not know may run in the full one. */
function ofLeanCore(error: unknown): unknown {
  const codes: readonly string[] = ['ERR_MODEL_OP', 'ERR_UNSUPPORTED', 'ERR_MODEL_FORMAT'];
  if (!(error instanceof TesseraError) || !codes.includes(error.code)) return error;
  const message = `${error.message}; this is the lean core's answer: without core: 'lean' the full one looks at the model`;
  return new TesseraError(error.code, message, { cause: error, details: error.details });
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
