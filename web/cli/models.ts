import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { fetchFile } from '../node/host.js';
import { DEFAULT_TIMEOUT_MS } from '../src/base/stall.js';
import { toOnnx } from '../src/convert/index.js';
import { isModelName, type LoadContext } from '../src/load/model-source.js';
import { ALIASES, SHIPPED_MODELS } from '../src/load/shipped-models.js';
import { BASE_URL } from './base-url.js';
import { UsageError } from './usage-error.js';

/** Where the shipped models lie. */
export const MODELS_URL = new URL('models/', BASE_URL);

/** The context in which the command line loads files. */
export const FILE_CONTEXT: LoadContext = {
  fetch: fetchFile,
  timeout: DEFAULT_TIMEOUT_MS,
  convert: async (network) => toOnnx(network),
};

/** A model of the command line: a shipped name as it is, anything else as a URL. */
export async function modelSource(argument: string): Promise<string> {
  if (/^(https?|file):/.test(argument)) return argument;
  const exists = await stat(argument).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (exists || !isModelName(argument)) return pathToFileURL(argument).href;
  return argument;
}

/** Chooses the model: the one named, or the usual one for photos of the scale. */
export async function chooseModel(
  argument: string | undefined,
  scale: number | undefined,
): Promise<string | undefined> {
  if (argument !== undefined) return modelSource(argument);
  if (scale === undefined) return undefined;
  return modelOfScale(scale);
}

function modelOfScale(scale: number): string {
  const usual = `photo-x${scale}`;
  if (usual in SHIPPED_MODELS || usual in ALIASES) return usual;
  const list = Object.entries(SHIPPED_MODELS)
    .map(([name, model]) => `${name} (x${model.scale})`)
    .join(', ');
  throw new UsageError(`there is no photo model of scale ${scale}; there are: ${list}`);
}
