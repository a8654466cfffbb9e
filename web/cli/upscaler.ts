import { Worker } from 'node:worker_threads';
import { adaptWorker, defaultWorkers, fetchFile } from '../node/host.js';
import { Upscaler } from '../src/index.js';
import type { RunArguments } from './arguments.js';
import { BASE_URL } from './base-url.js';
import { chooseModel } from './models.js';
import { UsageError } from './usage-error.js';

/** Makes an upscaler as the command line asks for it. Dispose of it. */
export async function openUpscaler(args: RunArguments, signal?: AbortSignal): Promise<Upscaler> {
  const upscaler = await Upscaler.create({
    ...args.picture,
    ...args.choices,
    model: await chooseModel(args.model, args.scale),
    workers: args.workers ?? defaultWorkers(),
    variant: args.variant,
    tileSize: args.tileSize,
    overlap: args.overlap,
    baseUrl: BASE_URL,
    fetch: fetchFile,
    createWorker: () => adaptWorker(new Worker(new URL('node-worker.mjs', BASE_URL))),
    signal,
  });
  for (const warning of upscaler.info.warnings) process.stderr.write(`tessera: ${warning}\n`);
  const { scale, name } = upscaler.model;
  if (args.scale === undefined || args.scale === scale) return upscaler;
  await upscaler.dispose();
  throw new UsageError(`model ${name} has scale ${scale}, not ${args.scale}: leave --scale away`);
}
