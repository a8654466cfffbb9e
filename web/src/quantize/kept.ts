/** Quantized networks that were made on earlier visits, in the browser's Cache Storage. */
import { VERSION } from '../version.js';
import type { ModelSetup } from '../worker/protocol.js';
import type { QuantizeSettings } from '../worker/quantize-report.js';

const STORE = 'tessera-int8';
// Keys of Cache Storage are addresses. Nobody serves this one.
const ADDRESS = 'https://int8.tessera.invalid/';
const PSNR = 'tessera-psnr';
const DIGEST = 'tessera-sha256';
// Each is about as large as a quarter of its network.
const MOST_KEPT = 8;

/** A quantized network. */
export interface Int8Model {
  /** An ONNX file. */
  file: Uint8Array<ArrayBuffer>;
  /** Decibels, of its results against the float network's, on what it was not calibrated on. */
  psnr: number;
}

type Bytes = Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;

async function sha256(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The stored networks, where there is such a store: on pages by https or from localhost. */
async function openStore(): Promise<Cache | undefined> {
  const { caches }: { caches?: CacheStorage } = globalThis;
  // A frame with an origin of its own has none, and a visitor can forbid it.
  return caches?.open(STORE).catch(() => undefined);
}

/**
 * Where the quantized form of a network is kept: by all that it is made of, this library included.
 *
 * @param images - that the caller has given to calibrate on
 * @returns undefined where nothing can be kept
 */
export async function keyOf(
  setup: ModelSetup,
  settings: QuantizeSettings,
  images: readonly { data: Uint8Array | Uint8ClampedArray }[],
): Promise<string | undefined> {
  const { caches, crypto }: { caches?: CacheStorage; crypto?: Crypto } = globalThis;
  if (caches === undefined || crypto?.subtle === undefined) return undefined;
  const { bytes, files, metadata, choices } = setup;
  const hashOf = (part: Uint8Array | Uint8ClampedArray) => sha256(part as Bytes);
  const parts = {
    version: VERSION,
    model: await hashOf(bytes),
    files: await Promise.all(files.map(async (file) => [file.name, await hashOf(file.bytes)])),
    images: await Promise.all(images.map(({ data }) => hashOf(data))),
    ...{ metadata, choices, settings },
  };
  return ADDRESS + (await sha256(new TextEncoder().encode(JSON.stringify(parts))));
}

/** What is kept under a key; nothing is said of a store that does not work. */
export async function recall(key: string): Promise<Int8Model | undefined> {
  try {
    const response = await (await openStore())?.match(key);
    if (response === undefined) return undefined;
    const { headers } = response;
    const file = new Uint8Array(await response.arrayBuffer());
    // Whatever happened to it there: a model that cannot be loaded would come again at every visit.
    if (headers.get(DIGEST) !== (await sha256(file))) return undefined;
    return { file, psnr: Number(headers.get(PSNR)) };
  } catch {
    return undefined;
  }
}

/** Keeps a network, in place of the oldest where there are many; a store that is full keeps nothing. */
export async function keep(key: string, { file, psnr }: Int8Model): Promise<void> {
  try {
    const store = await openStore();
    if (store === undefined) return;
    const headers = { [PSNR]: String(psnr), [DIGEST]: await sha256(file) };
    await store.put(key, new Response(file, { headers }));
    const keys = await store.keys();
    for (const old of keys.slice(0, Math.max(0, keys.length - MOST_KEPT))) await store.delete(old);
  } catch {
    // The next visit makes it again.
  }
}
