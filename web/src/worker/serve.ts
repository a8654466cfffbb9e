/** What runs inside a worker, whatever kind of worker it is. */

import { abort, throwIfAborted } from '../base/abort.js';
import { describe, TesseraError, toWireError } from '../errors.js';
import type { SourceImage } from '../image/source.js';
import type { ModelInfo } from '../types.js';
import { convert, importConverter } from './convert.js';
import {
  type Engine,
  importFactory,
  instantiate,
  isOutOfMemory,
  NO_ROOM,
  toEngineError,
} from './engine.js';
import { LoadedModels } from './loaded-models.js';
import {
  type CancelMessage,
  type DecodeWork,
  type ProgressReport,
  type StartRequest,
  transfersOfReply,
  type WorkerReply,
  type WorkerRequest,
  type WorkRequest,
} from './protocol.js';
import { quantizeModel } from './quantize.js';
import type { ModuleFactory } from './wasm-module.js';

// Multiplications for a look at a model: some hundredths of a second.
const MOST_PROBED = 2e8;

/** The worker's end of the line. */
export interface ServerPort {
  postMessage(reply: WorkerReply | ProgressReport, transfer: ArrayBuffer[]): void;
  onrequest(listener: (request: WorkerRequest | CancelMessage) => void): void;
  /** Lets messages in that have come meanwhile. */
  breathe(): Promise<void>;
  /** Decodes a picture, where this host can. */
  decode?(file: Blob, signal: AbortSignal): Promise<SourceImage>;
}

// Between two reports of slow work.
const REPORT_MS = 250;

/** Get scripts by their addresses. */
export interface Scripts {
  glue: typeof importFactory;
  converter: typeof importConverter;
}

/** From where the addresses say. */
export const ADDRESSED: Scripts = { glue: importFactory, converter: importConverter };

/** Answers requests, one reply each, in order. */
export function serve(port: ServerPort, scripts: Scripts = ADDRESSED): void {
  let factory: ModuleFactory | undefined;
  let models: LoadedModels | undefined;
  let cancelling = new AbortController();

  /** Reports how far slow work is, now and then. */
  function tell(): (done: number) => void {
    let reported = performance.now();
    return (done) => {
      if (performance.now() - reported < REPORT_MS) return;
      reported = performance.now();
      port.postMessage({ type: 'progress', done }, []);
    };
  }

  /** What happens between portions of a tile. */
  function pauses(): (done: number) => Promise<void> {
    const report = tell();
    const signal = whileWanted();
    return async (done) => {
      report(done);
      await port.breathe();
      throwIfAborted(signal);
    };
  }

  /** Aborted when what is begun now is no longer wanted. */
  function whileWanted(): AbortSignal {
    cancelling = new AbortController();
    return cancelling.signal;
  }

  async function decode(file: Blob): Promise<WorkerReply> {
    if (port.decode === undefined)
      throw new TesseraError('ERR_UNSUPPORTED', 'nothing decodes here');
    const { data, width, height } = await port.decode(file, whileWanted());
    return { type: 'decoded', pixels: data.buffer as ArrayBuffer, width, height };
  }

  async function answer(request: WorkerRequest): Promise<WorkerReply> {
    if (request.type === 'open') {
      factory = await scripts.glue(request.glueUrl);
      return { type: 'opened' };
    }
    if (request.type === 'convert') {
      return { type: 'converted', file: await convert(request, scripts.converter) };
    }
    if (factory === undefined) throw new TesseraError('ERR_INTERNAL', 'the worker was not opened');
    if (request.type === 'start') {
      models = await start(factory, request);
      return { type: 'started' };
    }
    if (models === undefined) throw new TesseraError('ERR_INTERNAL', 'the core was not started');
    if (request.type === 'load') {
      models.load(request.model, request.setup);
      return { type: 'loaded' };
    }
    if (request.type === 'unload') {
      models.unload(request.model);
      return { type: 'unloaded' };
    }
    if (request.type === 'quantize') {
      return { type: 'quantized', ...quantizeModel(models.module, request, 1, tell()) };
    }
    if (request.type === 'decode') return decode(request.file);
    return work(models.get(request.model), request);
  }

  async function work(
    engine: Engine,
    request: Exclude<WorkRequest, DecodeWork>,
  ): Promise<WorkerReply> {
    switch (request.type) {
      case 'describe':
        return { type: 'described', model: describeModel(engine) };
      case 'prepare':
        engine.prepare(request.shape);
        return { type: 'prepared', heapBytes: engine.heapBytes };
      case 'tile':
        return { type: 'tile', pixels: await engine.run(request, pauses()), spent: request.pixels };
    }
  }

  port.onrequest(async (request) => {
    if (request.type === 'cancel') {
      abort(cancelling, new TesseraError('ERR_CANCELLED', 'it is no longer wanted'));
      return;
    }
    try {
      const reply = await answer(request);
      port.postMessage(reply, transfersOfReply(reply));
    } catch (error) {
      port.postMessage(toFailure(error), []);
    }
  });
}

async function start(factory: ModuleFactory, request: StartRequest): Promise<LoadedModels> {
  const { wasm, threads } = request;
  try {
    return new LoadedModels(await instantiate(factory, wasm, threads), threads);
  } catch (error) {
    throw toEngineError(error);
  }
}

function describeModel(engine: Engine): ModelInfo {
  const { facts } = engine;
  // A name is written by the tools that know the rest, too.
  const warnings = facts.name === '' ? engine.warnings(MOST_PROBED) : [];
  return { ...facts, warnings };
}

/** An error of ours leaves the instance whole; anything else thrown out of it is a trap. */
function toFailure(error: unknown): WorkerReply {
  if (error instanceof TesseraError) return { type: 'failed', error: toWireError(error) };
  if (isOutOfMemory(error))
    return { type: 'poisoned', code: 'ERR_OUT_OF_MEMORY', message: NO_ROOM };
  const message = `wasm stopped: ${describe(error)}`;
  return { type: 'poisoned', code: 'ERR_WORKER_CRASHED', message };
}
