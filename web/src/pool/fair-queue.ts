/** A source of work in the queue: one run. */
export interface Lane<T> {
  /** Higher is served first. */
  readonly priority: number;
  /** Whether its results are no longer wanted. */
  readonly closed: boolean;
  /** The next piece of work, or undefined when there is none for now. */
  take(): T | undefined;
  /** Ends it: whoever waits for its results gets `reason`. */
  cancel(reason: unknown): void;
}

/**
 * Hands out work lane by lane: the highest priority first, and lanes of one priority in turn, so
 * that a small image does not wait behind all of a large one.
 */
export class FairQueue<T> {
  /** Least recently served first. */
  #lanes: Lane<T>[] = [];

  add(lane: Lane<T>): void {
    this.#lanes.push(lane);
  }

  remove(lane: Lane<T>): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
  }

  /** Ends every lane. */
  cancelAll(reason: unknown): void {
    for (const lane of this.#lanes) lane.cancel(reason);
  }

  /**
   * The next piece of work, or undefined when no lane has any.
   *
   * @param isOpen - whether a lane may be served now
   */
  take(isOpen: (lane: Lane<T>) => boolean = () => true): T | undefined {
    const byPriority = this.#lanes.filter(isOpen).sort((a, b) => b.priority - a.priority);
    for (const lane of byPriority) {
      const work = lane.take();
      if (work === undefined) continue;
      this.remove(lane);
      this.add(lane);
      return work;
    }
    return undefined;
  }
}
