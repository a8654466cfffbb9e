import { type LoadPhase, type ModelSource, Upscaler, type Variant } from '../../src/index.js';

/** How the visitor wants pictures enlarged. */
export interface Settings {
  /** The name of a shipped model, or files of the visitor's. */
  model: ModelSource;
  workers: number;
  variant: Variant | 'auto';
}

/** An upscaler, and how long it took to load. */
export interface Prepared {
  upscaler: Upscaler;
  settings: Settings;
  milliseconds: number;
}

function same(a: Settings, b: Settings): boolean {
  return a.model === b.model && a.workers === b.workers && a.variant === b.variant;
}

// Beside the page and not beside the library: a service worker answers for what is in its folder.
const WORKER = new URL('worker.mjs', document.baseURI);

/** Holds the one upscaler of the page, and makes it anew when the settings change. */
export class Engine {
  readonly #onquantize: (fraction: number) => void;
  #prepared: Prepared | undefined;
  /** Pictures and video may ask at once: one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param onquantize - hears how far the int8 form of a visitor's network is */
  constructor(onquantize: (fraction: number) => void = () => {}) {
    this.#onquantize = onquantize;
  }

  /** The upscaler for these settings. What was loaded for others is given back first. */
  prepare(
    settings: Settings,
    signal: AbortSignal,
    onprogress?: (fraction: number, phase: LoadPhase) => void,
  ): Promise<Prepared> {
    const next = this.#last.then(() => this.#make(settings, signal, onprogress));
    this.#last = next.catch(() => {});
    return next;
  }

  async #make(
    settings: Settings,
    signal: AbortSignal,
    onprogress?: (fraction: number, phase: LoadPhase) => void,
  ): Promise<Prepared> {
    signal.throwIfAborted();
    if (this.#prepared && same(this.#prepared.settings, settings)) return this.#prepared;
    await this.#prepared?.upscaler.dispose();
    this.#prepared = undefined;
    const begun = performance.now();
    const options = { ...settings, workerUrl: WORKER, signal, onprogress };
    // The networks of the page are int8 already.
    const own = typeof settings.model !== 'string';
    const quantize = own && { onprogress: this.#onquantize };
    const upscaler = await Upscaler.create({ ...options, quantize });
    this.#prepared = { upscaler, settings, milliseconds: performance.now() - begun };
    return this.#prepared;
  }
}
