import { isBlob, isBuffer, isByteArray, isUrl } from '../base/kind-of.js';
import { TesseraError } from '../errors.js';
import type {
  ModelArtifacts,
  ModelFiles,
  ModelSource,
  NamedBytes,
  SingleModelSource,
} from '../types.js';
import { type Convert, openForeign } from './converter.js';
import { besideModel, externalLocations } from './external-data.js';
import { familyNames } from './families.js';
import { type FetchContext, fetchBytes } from './fetch-bytes.js';
import { checkIntegrity, checkShipped, type Integrity } from './integrity.js';
import { beside } from './locations.js';
import { besideUnmoved, movedAdvice } from './moved.js';
import type { ShippedModel } from './shipped-model.js';
import { ALIASES, SHIPPED_MODELS } from './shipped-models.js';

// A shipped model's name is a plain word; whatever has a dot or a slash is a URL.
const MODEL_NAME = /^[a-z0-9][a-z0-9_-]*$/i;

/** Whether a string is the name of a shipped model, known or not. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/**
 * The shipped model of that name or other name.
 *
 * @throws RangeError that lists the models there are.
 */
export function findModel(name: string): [ownName: string, model: ShippedModel] {
  // Entries, as a name such as `constructor` is a property of every object.
  const ownName = new Map(Object.entries(ALIASES)).get(name) ?? name;
  const model = new Map(Object.entries(SHIPPED_MODELS)).get(ownName);
  if (model !== undefined) return [ownName, model];
  const known = Object.keys(SHIPPED_MODELS).join(', ');
  const families = familyNames().join(', ');
  throw new RangeError(
    `there is no model '${name}'; there are: ${known}; and families: ${families}`,
  );
}

/** How models are loaded. */
export interface LoadContext extends FetchContext {
  convert: Convert;
}

/** A model's bytes, and those of the files that hold its weights. */
export interface LoadedModel {
  bytes: Uint8Array;
  files: NamedBytes[];
}

/** A model's bytes as they came. */
interface GivenModel extends LoadedModel {
  /** Where it came from: files that it names lie beside it. */
  address?: string;
}

/**
 * Gets the bytes of a model and of the files that hold its weights. Networks of other formats are converted.
 *
 * @param folder - of shipped models; undefined: beside this library
 * @param integrity - what the model's bytes must be
 * @throws RangeError for an unknown name; TesseraError `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_INTEGRITY`,
 * `ERR_UNSUPPORTED` where `integrity` cannot be checked, `ERR_MODEL_FORMAT`, `ERR_MODEL_OP` where it cannot be converted.
 */
export async function loadModel(
  source: ModelSource,
  folder: URL | undefined,
  context: LoadContext,
  integrity?: Integrity,
): Promise<LoadedModel> {
  const { convert } = context;
  if (isArtifacts(source)) {
    if (integrity !== undefined) throw uncheckable('a model in memory');
    const { modelTopology, weightSpecs, weightData, signature } = source;
    const artifacts = { modelTopology, weightSpecs, weightData, signature };
    return { bytes: await convert({ format: 'memory', artifacts }), files: [] };
  }
  const { bytes, files: given, address } = await loadFiles(source, folder, context);
  const foreign = openForeign(bytes);
  const names = foreign?.names ?? externalLocations(bytes);
  const files = address === undefined ? given : await findBeside(names, address, context);
  if (integrity !== undefined) {
    if (files.length > 0) throw uncheckable(`the ${files.length} other files of this model`);
    await checkIntegrity(bytes, integrity, 'the model');
  }
  if (foreign === undefined) return { bytes, files };
  return { bytes: await convert(foreign.withFiles(files)), files: [] };
}

const uncheckable = (what: string): TesseraError =>
  new TesseraError(
    'ERR_UNSUPPORTED',
    `integrity says nothing of ${what}: put the weights into one ONNX file`,
  );

async function loadFiles(
  source: Exclude<ModelSource, ModelArtifacts>,
  folder: URL | undefined,
  context: FetchContext,
): Promise<GivenModel> {
  if (Array.isArray(source)) return readFileList(source, context);
  if (isModelFiles(source)) {
    const bytes = await loadBytes(source.model, folder, context);
    const files = Object.entries(source.externalData).map(async ([name, data]) => ({
      name,
      bytes: await loadPart(data, context),
    }));
    return { bytes, files: await Promise.all(files) };
  }
  const single = source as SingleModelSource;
  const bytes = await loadBytes(single, folder, context);
  const isAddress = isUrl(single) || (typeof single === 'string' && !isModelName(single));
  return { bytes, files: [], ...(isAddress ? { address: String(single) } : {}) };
}

const isArtifacts = (source: ModelSource): source is ModelArtifacts =>
  typeof source === 'object' && 'modelTopology' in source;

function isModelFiles(source: ModelSource): source is ModelFiles {
  return typeof source === 'object' && 'model' in source && 'externalData' in source;
}

// Which file of a list is the model: the first of these that fits any.
const MODEL_NAMES = [/\.onnx$/i, /\.tflite$/i, /^model\.json$/i, /\.json$/i];

async function readFileList(files: readonly File[], context: FetchContext): Promise<LoadedModel> {
  const kinds = MODEL_NAMES.map((pattern) => files.filter(({ name }) => pattern.test(name)));
  const models = kinds.find((found) => found.length > 0) ?? [];
  if (models.length !== 1) {
    throw new TypeError(
      `a list of files must hold one whose name ends in .onnx or .tflite, or a model.json, not ${models.length}`,
    );
  }
  const [model] = models as [File];
  const others = files.filter((file) => file !== model);
  return {
    bytes: await loadPart(model, context),
    files: await Promise.all(
      others.map(async (file) => ({ name: file.name, bytes: await loadPart(file, context) })),
    ),
  };
}

/** Fetches what a model names. What cannot have an address beside it is left for its reader to miss. */
async function findBeside(
  names: readonly string[],
  address: string,
  context: FetchContext,
): Promise<NamedBytes[]> {
  const scope: { document?: { baseURI: string }; location?: { href: string } } = globalThis;
  const base = scope.document?.baseURI ?? scope.location?.href;
  const files: NamedBytes[] = [];
  for (const name of names) {
    const url = besideModel(name, new URL(address, base).href);
    if (url === undefined) continue;
    files.push({ name, bytes: await fetchBytes(url, "model's data", context) });
  }
  return files;
}

async function loadPart(source: SingleModelSource, context: FetchContext): Promise<Uint8Array> {
  if (isBlob(source)) return new Uint8Array(await source.arrayBuffer());
  if (isBuffer(source)) return new Uint8Array(source);
  if (isByteArray(source)) return new Uint8Array(source.buffer, source.byteOffset, source.length);
  return fetchBytes(String(source), "model's data", context);
}

async function loadBytes(
  source: SingleModelSource,
  folder: URL | undefined,
  context: FetchContext,
): Promise<Uint8Array> {
  if (isBlob(source)) return new Uint8Array(await source.arrayBuffer());
  if (isBuffer(source)) return new Uint8Array(source);
  if (isByteArray(source)) return new Uint8Array(source.buffer, source.byteOffset, source.length);
  if (typeof source !== 'string' && !isUrl(source)) {
    throw new TypeError('model must be a name, a URL, the bytes of a file, or a Blob');
  }
  if (isUrl(source) || !isModelName(source)) {
    return fetchBytes(String(source), 'model', context);
  }
  const [name, entry] = findModel(source);
  const place = folder ? new URL(`${name}.onnx`, folder) : besideUnmoved(beside(entry.beside));
  const url = place.href;
  const ifMissing = folder ? undefined : movedAdvice(place);
  const onbytes = (loaded: number) => context.onbytes?.(loaded, entry.bytes);
  const bytes = await fetchBytes(url, 'model', { ...context, onbytes, ifMissing });
  await checkShipped(bytes, entry, url);
  return bytes;
}
