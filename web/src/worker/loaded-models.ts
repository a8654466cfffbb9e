import { TesseraError } from '../errors.js';
import { Engine, toEngineError } from './engine.js';
import type { ModelSetup } from './protocol.js';
import type { TesseraModule } from './wasm-module.js';

/** A wasm instance, and the models in it by their numbers. */
export class LoadedModels {
  readonly module: TesseraModule;
  readonly #threads: number;
  readonly #engines = new Map<number, Engine>();

  constructor(module: TesseraModule, threads: number) {
    this.module = module;
    this.#threads = threads;
  }

  load(model: number, setup: ModelSetup): void {
    try {
      this.#engines.set(model, new Engine(this.module, setup, this.#threads));
    } catch (error) {
      throw toEngineError(error);
    }
  }

  unload(model: number): void {
    this.#engines.get(model)?.dispose();
    this.#engines.delete(model);
  }

  get(model: number): Engine {
    const engine = this.#engines.get(model);
    if (engine === undefined) throw new TesseraError('ERR_INTERNAL', 'the model was not loaded');
    return engine;
  }
}
