/** What runs inside a worker, whatever kind of worker it is. */

import { describe, TesseraError, toWireError } from '../errors.js';
import type { ModelInfo } from '../types.js';
import { Engine, importFactory, instantiate, toEngineError } from './engine.js';
import type { LoadRequest, WorkerReply, WorkerRequest } from './protocol.js';
import type { ModuleFactory } from './wasm-module.js';

// Multiplications for a look at a model: some hundredths of a second.
const MOST_PROBED = 2e8;

/** The worker's end of the line. */
export interface ServerPort {
  postMessage(reply: WorkerReply, transfer: ArrayBuffer[]): void;
  onrequest(listener: (request: WorkerRequest) => void): void;
}

/** Answers requests, one reply each, in order. */
export function serve(port: ServerPort): void {
  let factory: ModuleFactory | undefined;
  let engine: Engine | undefined;

  async function answer(request: WorkerRequest): Promise<WorkerReply> {
    if (request.type === 'open') {
      factory = await importFactory(request.glueUrl);
      return { type: 'opened' };
    }
    if (factory === undefined) throw new TesseraError('ERR_INTERNAL', 'the worker was not opened');
    if (request.type === 'load') {
      engine = await load(factory, request);
      return { type: 'loaded', model: describeModel(engine) };
    }
    if (engine === undefined) throw new TesseraError('ERR_INTERNAL', 'no model was loaded');
    if (request.type === 'prepare') {
      engine.prepare(request.shape);
      return { type: 'prepared', heapBytes: engine.heapBytes };
    }
    const { shape, crop, spare } = request;
    const pixels = engine.run(shape, new Uint8Array(request.pixels), crop, spare);
    return { type: 'tile', pixels };
  }

  port.onrequest(async (request) => {
    try {
      const reply = await answer(request);
      port.postMessage(reply, reply.type === 'tile' ? [reply.pixels] : []);
    } catch (error) {
      port.postMessage(toFailure(error), []);
    }
  });
}

async function load(factory: ModuleFactory, request: LoadRequest): Promise<Engine> {
  const { wasm, model, metadata, threads } = request;
  try {
    return new Engine(await instantiate(factory, wasm, threads), model, threads, metadata);
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
  return { type: 'poisoned', message: describe(error) };
}
