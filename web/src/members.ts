/** The models of an upscaler: one, or those of a family, each loaded when it is first needed. */
import { abort, follow, throwIfAborted } from './base/abort.js';
import type { ResolvedCreate } from './create-options.js';
import { familyMembers, type Member, memberFor } from './load/families.js';
import { borrowPool, type Loan } from './pool/common-pools.js';
import type { Loaded, ModelSet } from './pool/model-set.js';
import { loadUpscaler } from './start-up.js';

/** Loads models, and ends their workers. */
export class Members implements ModelSet {
  readonly #options: ResolvedCreate;
  readonly #family: readonly Member[];
  readonly #loading = new AbortController();
  /** By name. */
  readonly #others = new Map<string, Promise<Loaded>>();
  readonly #loaded: Loaded[] = [];
  readonly #loan: Loan;
  #first: Promise<Loaded> | undefined;
  #paused = false;

  constructor(options: ResolvedCreate) {
    this.#options = options;
    const { pool } = options;
    this.#loan = pool === undefined ? borrowPool(options) : { pool, giveBack: async () => {} };
    this.#family = typeof options.model === 'string' ? familyMembers(options.model) : [];
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

  async #loadFirst(): Promise<Loaded> {
    const { signal, ...options } = this.#options;
    const unfollow = follow(this.#loading, signal);
    try {
      throwIfAborted(signal);
      if (this.#family.length === 0) return await this.#load(options);
      return await this.#load({ ...options, model: memberFor(this.#family, undefined).name });
    } catch (error) {
      await this.#loan.giveBack();
      throw error;
    } finally {
      unfollow();
    }
  }

  async #load(options: ResolvedCreate): Promise<Loaded> {
    const loaded = await loadUpscaler(options, this.#loan.pool, this.#loading.signal);
    if (this.#paused) loaded.pool.pause();
    this.#loaded.push(loaded);
    return loaded;
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
    await Promise.allSettled([this.#first, ...this.#others.values()]);
    await Promise.all(this.#loaded.map(({ pool }) => pool.close(reason)));
    await this.#loan.giveBack();
  }
}
