import { TesseraError } from './errors.js';
import { type FetchContext, fetchBytes } from './fetch-bytes.js';
import type { ModelSource } from './types.js';

/** One shipped model, as `models/manifest.json` lists it. */
export interface ManifestEntry {
  /** Relative to the manifest. */
  file: string;
  /** Output pixels per input pixel along an edge. */
  scale: number;
  bytes: number;
  /** Of the file, in lower-case hexadecimal digits. */
  sha256: string;
}

/** The list of shipped models. */
export interface Manifest {
  models: Readonly<Record<string, ManifestEntry>>;
  /** Other names for them. */
  aliases: Readonly<Record<string, string>>;
}

// A shipped model's name is a plain word; whatever has a dot or a slash is a URL.
const MODEL_NAME = /^[a-z0-9][a-z0-9_-]*$/i;

/** Whether a string is to be looked up in the manifest. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/** Loads the list of shipped models. */
export async function loadManifest(url: string, context: FetchContext): Promise<Manifest> {
  const bytes = await fetchBytes(url, 'model list', { ...context, onbytes: undefined });
  try {
    // In the file, the names of the models stand beside the one key that is not a model.
    const { aliases = {}, ...models } = JSON.parse(new TextDecoder().decode(bytes));
    return { models, aliases };
  } catch (cause) {
    throw new TesseraError('ERR_LOAD', `the model list ${url} is not JSON`, {
      cause,
      details: { url },
    });
  }
}

/** @throws RangeError that lists the models there are. */
export function findModel({ models, aliases }: Manifest, name: string): ManifestEntry {
  const entry = models[aliases[name] ?? name];
  if (entry !== undefined) return entry;
  throw new RangeError(`there is no model '${name}'; there are: ${Object.keys(models).join(', ')}`);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  // Missing on pages that are served neither by https nor from localhost.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function checkIntegrity(
  bytes: Uint8Array<ArrayBuffer>,
  entry: ManifestEntry,
  url: string,
): Promise<void> {
  const digest = await sha256(bytes);
  if (bytes.length === entry.bytes && (digest ?? entry.sha256) === entry.sha256) return;
  throw new TesseraError(
    'ERR_INTEGRITY',
    `the model ${url} is not the file that was published (${bytes.length} of ${entry.bytes} ` +
      'bytes); reload it without caches, or deploy it again as a binary file',
    { details: { url, bytes: bytes.length, expected: entry.sha256, found: digest } },
  );
}

/**
 * Gets the bytes of a model.
 *
 * @param manifestUrl - asked only when `source` is the name of a shipped model
 * @throws RangeError for an unknown name; TesseraError `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_INTEGRITY`.
 */
export async function loadModel(
  source: ModelSource,
  manifestUrl: string,
  context: FetchContext,
): Promise<Uint8Array> {
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Uint8Array) return source;
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new TypeError('model must be a name, a URL, the bytes of an ONNX file, or a Blob');
  }
  if (source instanceof URL || !isModelName(source)) {
    return fetchBytes(String(source), 'model', context);
  }
  const entry = findModel(await loadManifest(manifestUrl, context), source);
  const url = new URL(entry.file, manifestUrl).href;
  const onbytes = (loaded: number) => context.onbytes?.(loaded, entry.bytes);
  const bytes = await fetchBytes(url, 'model', { ...context, onbytes });
  await checkIntegrity(bytes, entry, url);
  return bytes;
}
