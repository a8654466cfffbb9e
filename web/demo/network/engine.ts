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
  milliseconds: number;
}

function same(a: Settings, b: Settings): boolean {
  return a.model === b.model && a.workers === b.workers && a.variant === b.variant;
}

/** Holds the one upscaler of the page, and makes it anew when the settings change. */
export class Engine {
  #prepared: Prepared | undefined;
  #madeFor: Settings | undefined;

  /** The upscaler for these settings. What was loaded for others is given back first. */
  async prepare(
    settings: Settings,
    signal: AbortSignal,
    onprogress: (fraction: number, phase: LoadPhase) => void,
  ): Promise<Prepared> {
    if (this.#prepared && this.#madeFor && same(this.#madeFor, settings)) return this.#prepared;
    await this.#prepared?.upscaler.dispose();
    this.#prepared = undefined;
    const begun = performance.now();
    const upscaler = await Upscaler.create({ ...settings, signal, onprogress });
    this.#prepared = { upscaler, milliseconds: performance.now() - begun };
    this.#madeFor = settings;
    return this.#prepared;
  }
}
