import { type LoadPhase, Upscaler, type Variant } from '../src/index.js';

/** What the visitor has chosen under "How it runs". */
export interface Settings {
  workers: number;
  variant: Variant | 'auto';
}

/** Holds the one upscaler of the page, and makes it anew when the settings change. */
export class Runner {
  #upscaler: Upscaler | undefined;
  #madeFor = '';

  /** The upscaler for these settings. What was loaded for others is given back first. */
  async prepare(
    settings: Settings,
    signal: AbortSignal,
    onprogress: (fraction: number, phase: LoadPhase) => void,
  ): Promise<Upscaler> {
    const key = JSON.stringify(settings);
    if (this.#upscaler && this.#madeFor === key) return this.#upscaler;
    await this.#upscaler?.dispose();
    this.#upscaler = undefined;
    this.#upscaler = await Upscaler.create({ ...settings, signal, onprogress });
    this.#madeFor = key;
    return this.#upscaler;
  }
}
