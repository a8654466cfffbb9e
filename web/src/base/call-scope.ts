import { abort, raceAbort, reasonOf, throwIfAborted } from './abort.js';

/** The lifetime of one call: it ends early with its caller's signal, or with all others. */
export class CallScope {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #registry: Set<CallScope>;
  /** What the call is for, if its caller says so. */
  readonly key: string | undefined;

  /** @throws the signal's reason when it is aborted already. */
  constructor(outer: AbortSignal | undefined, registry: Set<CallScope>, key?: string) {
    throwIfAborted(outer);
    this.#outer = outer;
    this.#registry = registry;
    this.key = key;
    outer?.addEventListener('abort', this.#relay);
    registry.add(this);
  }

  readonly #relay = () => this.abort(this.#outer && reasonOf(this.#outer));

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    abort(this.#controller, reason);
  }

  /** Waits for work, but not past an abort. */
  race<T>(work: Promise<T>): Promise<T> {
    return raceAbort(work, this.signal);
  }

  end(): void {
    this.#outer?.removeEventListener('abort', this.#relay);
    this.#registry.delete(this);
  }
}
