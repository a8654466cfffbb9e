import { type LoadPhase, Upscaler, type Variant } from '../src/index.js';

/** What the visitor has chosen under "How it runs". */
export interface Settings {
  /** The name of a shipped model. */
  model: string;
  workers: number;
  variant: Variant | 'auto';
}

/** An upscaler, and how long it took to load. */
export interface Prepared {
  upscaler: Upscaler;
  milliseconds: number;
}

/** Holds the one upscaler of the page, and makes it anew when the settings change. */
export class Runner {
  #prepared: Prepared | undefined;
  #madeFor = '';

  /** The upscaler for these settings. What was loaded for others is given back first. */
  async prepare(
    settings: Settings,
    signal: AbortSignal,
    onprogress: (fraction: number, phase: LoadPhase) => void,
  ): Promise<Prepared> {
    const key = JSON.stringify(settings);
    if (this.#prepared && this.#madeFor === key) return this.#prepared;
    await this.#prepared?.upscaler.dispose();
    this.#prepared = undefined;
    const begun = performance.now();
    const upscaler = await Upscaler.create({ ...settings, signal, onprogress });
    this.#prepared = { upscaler, milliseconds: performance.now() - begun };
    this.#madeFor = key;
    return this.#prepared;
  }
}
