import { TesseraError } from '../errors.js';
import type { CoreName } from '../variants.js';
import { besideUnmoved } from './moved.js';

/** Where the files of this library lie. */
export interface Locations {
  /** Undefined: beside this library, where a bundler may have moved it. */
  worker: URL | undefined;
  glue: URL;
  wasm: URL;
  /** A folder. Undefined: beside this library, as the worker. */
  models: URL | undefined;
  /** What converts networks of other formats. Undefined: beside this library. */
  converter: URL | undefined;
}

/** The caller's choices of place. */
export interface LocationOptions {
  baseUrl?: string | URL | undefined;
  workerUrl?: string | URL | undefined;
  wasmUrl?: string | URL | undefined;
}

/** Resolves what the caller gave against the page, as `fetch` does. */
function absolute(url: string | URL): URL {
  const scope: { document?: { baseURI: string }; location?: { href: string } } = globalThis;
  const base = scope.document?.baseURI ?? scope.location?.href;
  try {
    // A frame without an address of its own (`about:srcdoc`) has its parent's as base, but a script
    // that is a blob: has none.
    return new URL(url, base);
  } catch (cause) {
    throw new TypeError(`'${url}' is no address, or needs a base that this host does not have`, {
      cause,
    });
  }
}

function folder(url: string | URL): URL {
  const result = absolute(url);
  if (!result.pathname.endsWith('/')) result.pathname += '/';
  return result;
}

/** A core's two files in a folder. */
export function coreIn(folder: URL, name: string): { glue: URL; wasm: URL } {
  return {
    glue: new URL(`tessera-${name}.mjs`, folder),
    wasm: new URL(`tessera-${name}.wasm`, folder),
  };
}

/** Finds every file, from the caller's choices or beside this library. */
export function locate(options: LocationOptions, name: CoreName): Locations {
  const base = options.baseUrl === undefined ? undefined : folder(options.baseUrl);
  const wasmFolder =
    options.wasmUrl === undefined ? base && new URL('wasm/', base) : folder(options.wasmUrl);
  const core = wasmFolder ? coreIn(wasmFolder, name) : besideLibrary(name);
  return {
    worker:
      options.workerUrl === undefined
        ? base && new URL('worker.mjs', base)
        : absolute(options.workerUrl),
    ...core,
    models: base && new URL('models/', base),
    converter: base && new URL('convert.mjs', base),
  };
}

/**
 * Finds what lies beside this library.
 *
 * @throws TesseraError `ERR_LOAD` when the library does not know where it lies itself: inlined in a
 * page, or made into a `blob:`.
 */
export function beside<T>(find: () => T): T {
  try {
    return find();
  } catch (cause) {
    throw new TesseraError(
      'ERR_LOAD',
      'the library does not know where its files lie, as it was inlined, made into a blob: or built ' +
        "by a tool that leaves them behind: put the package's dist/ folder on the server, and pass " +
        'its address as baseUrl',
      { cause },
    );
  }
}

/** Where the converter lies, also where that is beside this library. */
export function converterAt({ converter }: Locations): URL {
  return converter ?? besideUnmoved(beside(() => new URL('./convert.mjs', import.meta.url)));
}

function besideLibrary(name: CoreName): { glue: URL; wasm: URL } {
  const { glue, wasm } = beside(() => shippedCore(name));
  return { glue: besideUnmoved(glue), wasm: besideUnmoved(wasm) };
}

/**
 * The core beside this library. Each address is a literal `new URL('./file', import.meta.url)`,
 * the form that bundlers look for to emit the file. In the script-tag build `import.meta.url`
 * stands for the address of that script.
 */
function shippedCore(name: CoreName): { glue: URL; wasm: URL } {
  switch (name) {
    case 'simd-lean':
      return {
        glue: new URL('./wasm/tessera-simd-lean.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-simd-lean.wasm', import.meta.url),
      };
    case 'relaxed-lean':
      return {
        glue: new URL('./wasm/tessera-relaxed-lean.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-relaxed-lean.wasm', import.meta.url),
      };
    case 'simd':
      return {
        glue: new URL('./wasm/tessera-simd.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-simd.wasm', import.meta.url),
      };
    case 'relaxed':
      return {
        glue: new URL('./wasm/tessera-relaxed.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-relaxed.wasm', import.meta.url),
      };
    case 'simd-mt':
      return {
        glue: new URL('./wasm/tessera-simd-mt.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-simd-mt.wasm', import.meta.url),
      };
    case 'relaxed-mt':
      return {
        glue: new URL('./wasm/tessera-relaxed-mt.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-relaxed-mt.wasm', import.meta.url),
      };
    case 'quantizer':
      return {
        glue: new URL('./wasm/tessera-quantizer.mjs', import.meta.url),
        wasm: new URL('./wasm/tessera-quantizer.wasm', import.meta.url),
      };
  }
}
