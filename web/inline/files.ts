/** The files that are inside this one, by the addresses at which the library looks for them. */
import { base64 as model } from 'inside:models/photo-x2-small.onnx';
import { base64 as relaxed } from 'inside:wasm/tessera-relaxed.wasm';
import { base64 as simd } from 'inside:wasm/tessera-simd.wasm';
import type { FetchFunction } from '../src/types.js';
import { INSIDE } from './address.js';

// One core of each build: the full one does for the lean one too.
const FILES: Readonly<Record<string, string>> = {
  'wasm/tessera-relaxed.wasm': relaxed,
  'wasm/tessera-relaxed-lean.wasm': relaxed,
  'wasm/tessera-simd.wasm': simd,
  'wasm/tessera-simd-lean.wasm': simd,
  'models/photo-x2-small.onnx': model,
};

/** What text stands for that is compressed with gzip, in base64. */
export function unpack(base64: string): Response {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')));
}

const inPage: FetchFunction = (url, init) => globalThis.fetch(url, init);

// One for each: upscalers share workers and cores where their functions are the same.
const fetchers = new WeakMap<FetchFunction, FetchFunction>();

/** Fetches what is inside from there, and the rest as `outside` does. */
export function fetchFrom(outside: FetchFunction = inPage): FetchFunction {
  const fetcher: FetchFunction =
    fetchers.get(outside) ??
    (async (url, init) => {
      if (!url.startsWith(INSIDE)) return outside(url, init);
      const name = url.slice(INSIDE.length);
      const file = FILES[name];
      if (file !== undefined) return unpack(file);
      throw new Error(
        `${name} is not in the library that is one file, which has photo-x2 alone, without threads and quantizing: pass a ` +
          "model's bytes or its address, or use 'tessera-sr' itself",
      );
    });
  fetchers.set(outside, fetcher);
  return fetcher;
}
