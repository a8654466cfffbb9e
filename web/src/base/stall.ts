/** How long something may be silent before it is given up, unless the caller says otherwise. */
export const DEFAULT_TIMEOUT_MS = 60_000;

// A sleeping laptop or a frozen tab delivers one overdue tick, not all of them: only silence
// through several ticks counts.
const TICKS = 4;

/** Calls back once when nothing was heard for a while. */
export class StallTimer {
  #ticks = 0;
  readonly #interval: ReturnType<typeof setInterval>;

  /**
   * @param silence - milliseconds without {@link heard} until `onstall` is called
   * @param onquiet - called some times before
   */
  constructor(silence: number, onstall: () => void, onquiet: () => void = () => {}) {
    this.#interval = setInterval(() => {
      this.#ticks++;
      if (this.#ticks < TICKS) {
        onquiet();
        return;
      }
      this.stop();
      onstall();
    }, silence / TICKS);
  }

  /** Starts the wait again. */
  heard(): void {
    this.#ticks = 0;
  }

  stop(): void {
    clearInterval(this.#interval);
  }
}
