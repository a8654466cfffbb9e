/** The models of an upscaler: one, or those of a family, each loaded when it is first needed. */
import { abort, follow, throwIfAborted } from './base/abort.js';
import type { ResolvedCreate } from './create-options.js';
import { familyMembers, type Member, memberFor } from './load/families.js';
import { borrowPool, type Loan } from './pool/common-pools.js';
import type { Loaded } from './pool/model-set.js';
import { partsOf } from './pool/pool.js';
import type { PoolParts } from './pool/pool-parts.js';
import type { FloatModels } from './quantize/self-quantizing.js';
import { loadUpscaler, type Replace } from './start-up.js';

/** Loads models, and ends their workers. */
export class Members implements FloatModels {
  readonly #options: ResolvedCreate;
  readonly #family: readonly Member[];
  readonly #replace: Replace | undefined;
  readonly #loading = new AbortController();
  /** Each model that is on its way or there. */
  readonly #loads: Promise<Loaded>[] = [];
  /** By name. */
  readonly #others = new Map<string, Promise<Loaded>>();
  readonly #loaded: Loaded[] = [];
  readonly #loan: Loan;
  #first: Promise<Loaded> | undefined;
  #paused = false;

  /** @param replace - may put another model in the place of the first */
  constructor(options: ResolvedCreate, replace?: Replace) {
    this.#options = options;
    this.#replace = replace;
    const { pool } = options;
    this.#loan = pool === undefined ? borrowPool(options) : { pool, giveBack: async () => {} };
    this.#family = typeof options.model === 'string' ? familyMembers(options.model) : [];
  }

  get parts(): PoolParts {
    return partsOf(this.#loan.pool);
  }

  get first(): Loaded | undefined {
    return this.#loaded[0];
  }

  start(): Promise<Loaded> {
    this.#first = this.#loadFirst();
    return this.#first;
  }

  async get(needed: number | undefined): Promise<Loaded> {
    const first = await (this.#first as Promise<Loaded>);
    if (this.#family.length === 0) return first;
    const { name } = memberFor(this.#family, needed);
    if (name === memberFor(this.#family, undefined).name) return first;
    return this.named(name);
  }

  /** Another shipped model, on the same workers, loaded once. */
  async named(name: string): Promise<Loaded> {
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const { onprogress: _, ...options } = this.#options;
    const loading = this.#load({ ...options, model: name });
    this.#others.set(name, loading);
    // The next call tries again.
    loading.catch(() => this.#others.delete(name));
    return loading;
  }

  async adopt(file: Uint8Array): Promise<Loaded> {
    const { onprogress: _, output, inputs, hashes, ...options } = this.#options;
    const int8 = await this.#load({ ...options, hashes: undefined, model: file, metadata: {} });
    this.first?.pool.retire?.();
    return int8;
  }

  async #loadFirst(): Promise<Loaded> {
    const { signal, ...options } = this.#options;
    const unfollow = follow(this.#loading, signal);
    try {
      throwIfAborted(signal);
      if (this.#family.length === 0) return await this.#load(options, this.#replace);
      const { name } = memberFor(this.#family, undefined);
      return await this.#load({ ...options, model: name }, this.#replace);
    } catch (error) {
      await this.#loan.giveBack();
      throw error;
    } finally {
      unfollow();
    }
  }

  #load(options: ResolvedCreate, replace?: Replace): Promise<Loaded> {
    const { signal } = this.#loading;
    const load = loadUpscaler(options, this.#loan.pool, signal, replace).then((loaded) => {
      if (this.#paused) loaded.pool.pause();
      this.#loaded.push(loaded);
      return loaded;
    });
    this.#loads.push(load);
    return load;
  }

  pause(): void {
    this.#paused = true;
    for (const { pool } of this.#loaded) pool.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const { pool } of this.#loaded) pool.resume();
  }

  async dispose(reason: unknown): Promise<void> {
    abort(this.#loading, reason);
    // Loading may just have come to its end.
    await Promise.allSettled([this.#first, ...this.#loads]);
    await Promise.all(this.#loaded.map(({ pool }) => pool.close(reason)));
    await this.#loan.giveBack();
  }
}
