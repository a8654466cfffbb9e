/** A worker as lanes know it. */
export interface Holder {
  /** What a lane has put there about what the worker holds; gone when it does not any more. */
  held: unknown;
}

/** A source of work in the queue: one run. */
export interface Lane<T> {
  /** Higher is served first. */
  readonly priority: number;
  /** Whether its results are no longer wanted. */
  readonly closed: boolean;
  /** The next piece of work for a worker, or undefined when there is none for now. */
  take(worker: Holder): T | undefined;
  /** Whether the worker has begun something for the lane that it had better go on with. */
  stays?(worker: Holder): boolean;
  /** Ends it: whoever waits for its results gets `reason`. */
  cancel(reason: unknown): void;
}

/**
 * Hands out work lane by lane: the highest priority first, and lanes of one priority in turn, so
 * that a small image does not wait behind all of a large one. A worker may stay with a lane.
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
   * @param workerFor - who would do a lane's work; undefined when nobody may now
   */
  take(
    workerFor: (lane: Lane<T>) => Holder | undefined = () => ({ held: undefined }),
  ): T | undefined {
    const served = this.#lanes.flatMap((lane) => {
      const worker = workerFor(lane);
      if (worker === undefined) return [];
      return [{ lane, worker, stays: lane.stays?.(worker) ? 1 : 0 }];
    });
    served.sort((a, b) => b.lane.priority - a.lane.priority || b.stays - a.stays);
    for (const { lane, worker } of served) {
      const work = lane.take(worker);
      if (work === undefined) continue;
      this.remove(lane);
      this.add(lane);
      return work;
    }
    return undefined;
  }
}
