import type { Job } from './job.js';

/** Why a run ended before its end. */
const CANCELLED = 'cancelled by the visitor';
const AGAIN = 'to be done anew';
const REPLACED = 'replaced by other pictures';

/** What the queue has done with a job. */
export interface QueueHandlers {
  /** Does a job; rejects with whatever goes wrong, and with the signal's reason. */
  work(job: Job, signal: AbortSignal): Promise<void>;
  /** A job is about to be done. */
  onbegin(job: Job): void;
  /** A job has changed. */
  onchange(job: Job): void;
  /** For people. */
  describe(error: unknown): string;
}

/** Does one job after the other: each by itself uses all workers. One that fails ends no other. */
export class Queue {
  readonly #handlers: QueueHandlers;
  #jobs: Job[] = [];
  #current: { job: Job; controller: AbortController } | undefined;

  constructor(handlers: QueueHandlers) {
    this.#handlers = handlers;
  }

  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  /** Puts these in the place of all others, and ends those. */
  replace(jobs: readonly Job[]): void {
    this.#jobs = [...jobs];
    this.#current?.controller.abort(REPLACED);
    this.#start();
  }

  add(jobs: readonly Job[]): void {
    this.#jobs.push(...jobs);
    this.#start();
  }

  /** Ends and forgets all others. */
  keep(job: Job): void {
    this.#jobs = [job];
    if (this.#current && this.#current.job !== job) this.#current.controller.abort(REPLACED);
  }

  cancel(job: Job): void {
    if (this.#current?.job === job) {
      this.#current.controller.abort(CANCELLED);
    } else if (job.state === 'waiting') {
      job.set('cancelled', 'Cancelled.');
      this.#handlers.onchange(job);
    }
  }

  /** Does a job anew. */
  again(job: Job): void {
    if (this.#current?.job === job) {
      this.#current.controller.abort(AGAIN);
      return;
    }
    job.reset();
    this.#handlers.onchange(job);
    this.#start();
  }

  #start(): void {
    if (!this.#current) void this.#run();
  }

  async #run(): Promise<void> {
    for (let job = this.#next(); job; job = this.#next()) {
      this.#current = { job, controller: new AbortController() };
      await this.#do(job, this.#current.controller.signal);
      this.#current = undefined;
      this.#handlers.onchange(job);
    }
  }

  #next(): Job | undefined {
    return this.#jobs.find(({ state }) => state === 'waiting');
  }

  async #do(job: Job, signal: AbortSignal): Promise<void> {
    this.#handlers.onbegin(job);
    try {
      await this.#handlers.work(job, signal);
    } catch (error) {
      if (signal.aborted) {
        job.reset();
        if (signal.reason === CANCELLED) job.set('cancelled', 'Cancelled.');
        return;
      }
      job.error = this.#handlers.describe(error);
      job.set('error', 'That did not work.');
    }
  }
}
