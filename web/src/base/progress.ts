/** Passes on a fraction so that it never falls, and reaches 1 exactly once, at the end. */
export class ProgressMeter<A extends unknown[]> {
  #last = 0;
  readonly #report: ((fraction: number, ...rest: A) => void) | undefined;

  constructor(report: ((fraction: number, ...rest: A) => void) | undefined) {
    this.#report = report;
  }

  /** Reports `done` of `total`, and what has been told before where that is more; what would be 1 waits for {@link finish}. */
  update(done: number, total: number, ...rest: A): void {
    const fraction = total > 0 ? Math.max(done / total, this.#last) : this.#last;
    if (!(fraction < 1)) return;
    this.#last = fraction;
    this.#report?.(fraction, ...rest);
  }

  finish(...rest: A): void {
    if (this.#last === 1) return;
    this.#last = 1;
    this.#report?.(1, ...rest);
  }
}
