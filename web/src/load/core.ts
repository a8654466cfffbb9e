/** The core's compiled code: one for all upscalers of a page that are there at the same time. */
import { abort, raceAbort } from '../base/abort.js';
import { describe, TesseraError } from '../errors.js';
import type { FetchFunction } from '../types.js';
import { type FetchContext, fetchBytes } from './fetch-bytes.js';

/** A load that several wait for: it goes on until the last of them is gone. */
class Loading {
  readonly #stopper = new AbortController();
  readonly #listeners = new Set<NonNullable<FetchContext['onbytes']>>();
  readonly #module: Promise<WebAssembly.Module>;
  readonly #onleft: () => void;
  #waiting = 0;

  /**
   * @param onmodule - called before anybody who waits hears of it
   * @param onleft - called when nobody waits any more, before or after the end
   */
  constructor(
    url: string,
    { fetch, timeout, ifMissing }: FetchContext,
    onmodule: (module: WebAssembly.Module) => void,
    onleft: () => void,
  ) {
    const { signal } = this.#stopper;
    const onbytes = (loaded: number, total: number) => {
      for (const listener of this.#listeners) listener(loaded, total);
    };
    this.#module = compile(url, { fetch, timeout, ifMissing, signal, onbytes }).then((module) => {
      onmodule(module);
      return module;
    });
    this.#module.catch(() => {});
    this.#onleft = onleft;
  }

  async join({ signal, onbytes }: FetchContext): Promise<WebAssembly.Module> {
    this.#waiting++;
    if (onbytes !== undefined) this.#listeners.add(onbytes);
    try {
      return await raceAbort(this.#module, signal);
    } finally {
      if (onbytes !== undefined) this.#listeners.delete(onbytes);
      this.#waiting--;
      if (this.#waiting === 0) {
        this.#onleft();
        abort(this.#stopper, new Error('nobody waits for it'));
      }
    }
  }
}

/** What there is of a core. Only upscalers keep its code in memory. */
interface Core {
  loading?: Loading;
  module?: WeakRef<WebAssembly.Module>;
}

type Cores = Map<string, Core>;

const fetched: Cores = new Map();
// Other functions may load other bytes from the same address.
const fetchedBy = new WeakMap<FetchFunction, Cores>();

function coresOf(fetch: FetchFunction | undefined): Cores {
  if (fetch === undefined) return fetched;
  const cores = fetchedBy.get(fetch) ?? new Map<string, Core>();
  fetchedBy.set(fetch, cores);
  return cores;
}

/**
 * Fetches and compiles the core, or gives what another call has compiled or is compiling.
 *
 * @throws TesseraError `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_UNSUPPORTED` where a policy forbids it; the signal's reason when
 * it is aborted.
 */
export async function loadCore(url: string, context: FetchContext): Promise<WebAssembly.Module> {
  const cores = coresOf(context.fetch);
  const known = cores.get(url);
  const ready = known?.module?.deref();
  if (ready !== undefined) {
    context.onbytes?.(1, 1);
    return ready;
  }
  if (known?.loading !== undefined) return known.loading.join(context);
  const core: Core = {};
  const loading = new Loading(
    url,
    context,
    (module) => {
      core.module = new WeakRef(module);
    },
    () => {
      delete core.loading;
      if (core.module === undefined && cores.get(url) === core) cores.delete(url);
    },
  );
  core.loading = loading;
  cores.set(url, core);
  return loading.join(context);
}

async function compile(url: string, context: FetchContext): Promise<WebAssembly.Module> {
  const bytes = await fetchBytes(url, 'wasm core', context);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (await forbidsWasm()) {
      throw new TesseraError(
        'ERR_UNSUPPORTED',
        "this page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its " +
          `script-src (${describe(cause)})`,
        { cause },
      );
    }
    throw new TesseraError('ERR_LOAD', `${url} is not a usable wasm file: ${describe(cause)}`, {
      cause,
      details: { url, bytes: bytes.length },
    });
  }
}

/** Whether even an empty module is refused, as a policy does. */
function forbidsWasm(): Promise<boolean> {
  const empty = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return WebAssembly.compile(empty).then(
    () => false,
    () => true,
  );
}
