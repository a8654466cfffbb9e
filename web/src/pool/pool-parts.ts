import { abort, reasonOf, throwIfAborted } from '../base/abort.js';
import { loadCore } from '../load/core.js';
import type { FetchContext } from '../load/fetch-bytes.js';
import { type Locations, locate } from '../load/locations.js';
import { movedAdvice } from '../load/moved.js';
import type { PoolInfo, WorkerPort } from '../types.js';
import { type CoreKind, chooseVariant, coreOf, runsOn } from '../variants.js';
import { VERSION } from '../version.js';
import { startBrowserWorker } from './browser-worker.js';
import type { ResolvedPool } from './pool-options.js';
import { type WorkerCore, WorkerHandle } from './worker-handle.js';
import { WorkerPool } from './worker-pool.js';

/** The working parts of a pool: a build of the core, and the workers that run it. */
export class PoolParts {
  readonly info: PoolInfo;
  readonly workers: WorkerPool;
  readonly #options: ResolvedPool;
  readonly #stopper = new AbortController();
  /** What workers start with from now on: it only grows. */
  #kind: CoreKind = 'lean';
  /** Kept, so that each is loaded once. */
  readonly #cores = new Map<CoreKind, WebAssembly.Module>();

  /** @throws TesseraError `ERR_UNSUPPORTED` where it cannot run. */
  constructor(options: ResolvedPool) {
    const choice = chooseVariant(options.variant);
    const threaded = choice.variant.endsWith('-mt');
    const threads = threaded ? options.workers : 1;
    const workers = threaded ? 1 : options.workers;
    this.#options = options;
    locate(options, choice.variant); // what cannot be an address is told now
    this.info = { ...choice, version: VERSION, workers, threads };
    this.workers = new WorkerPool(workers, {
      spawn: () => this.#spawn(),
      core: () => ({
        kind: this.kind,
        glueUrl: this.places.glue.href,
        core: () => this.core({}),
        threads,
      }),
      silence: options.timeout,
      idleTimeout: options.idleTimeout,
    });
  }

  #spawn(): WorkerPort {
    const { createWorker } = this.#options;
    return createWorker === undefined ? startBrowserWorker(this.places.worker) : createWorker();
  }

  /** Which core workers start with. */
  get kind(): CoreKind {
    return coreOf(this.info.variant, this.#kind).kind;
  }

  /** Where the files of that core lie, and the rest of the library. */
  get places(): Locations {
    return locate(this.#options, coreOf(this.info.variant, this.#kind).name);
  }

  /** Lets workers start with that core, or a larger one. Those that run already are replaced when they lack it. */
  need(kind: CoreKind): void {
    if (!runsOn(this.#kind, kind)) this.#kind = kind;
  }

  /** Is aborted when the pool is disposed. */
  get ended(): AbortSignal {
    return this.#stopper.signal;
  }

  /**
   * Fetches and compiles the core, or gives what is there already.
   *
   * @throws as {@link loadCore} does.
   */
  async core({
    signal = this.ended,
    onbytes,
  }: Pick<FetchContext, 'signal' | 'onbytes'>): Promise<WebAssembly.Module> {
    throwIfAborted(signal);
    const { kind } = this;
    const module =
      this.#cores.get(kind) ?? (await this.#load(this.places.wasm, { signal, onbytes }));
    this.#cores.set(kind, module);
    onbytes?.(1, 1);
    return module;
  }

  #load(
    wasm: URL,
    progress: Pick<FetchContext, 'signal' | 'onbytes'>,
  ): Promise<WebAssembly.Module> {
    const { fetch, timeout, baseUrl, wasmUrl } = this.#options;
    const placed = baseUrl !== undefined || wasmUrl !== undefined;
    const ifMissing = placed ? undefined : movedAdvice(wasm);
    return loadCore(wasm.href, { fetch, timeout, ifMissing, ...progress });
  }

  /** A worker beside those of the pool, which is the caller's to end. */
  spare(): WorkerHandle {
    return new WorkerHandle(this.#spawn(), this.#options.timeout);
  }

  /** The core that can quantize. */
  quantizer(signal: AbortSignal): WorkerCore {
    const { glue, wasm } = locate(this.#options, 'quantizer');
    return { glueUrl: glue.href, core: () => this.#load(wasm, { signal }), threads: 1 };
  }

  /** Ends the workers; everything pending rejects with `reason`. */
  async dispose(reason: unknown): Promise<void> {
    abort(this.#stopper, reason);
    await this.workers.dispose(reasonOf(this.ended));
  }
}
