import { TesseraError } from '../errors.js';
import type {
  LoadedReply,
  PreparedReply,
  PrepareRequest,
  SessionShape,
  TileReply,
  TileRequest,
} from '../worker/protocol.js';
import { FairQueue, type Lane } from './fair-queue.js';
import { WorkerLost } from './worker-handle.js';
import { type SeatOptions, WorkerSeat } from './worker-seat.js';

// The running tile of an aborted run ends between two layers; only if that takes longer than this is
// its worker ended.
const ABORT_GRACE_MS = 2000;
// A tile that loses this many workers is given up: the tile, not the worker, is to blame.
const MOST_LOSSES = 2;

/** One request on its way through the pool. */
export interface Task {
  lane: Lane<Task>;
  /** Called again for a retry, since the pixels have left with the first request. */
  makeRequest(): PrepareRequest | TileRequest;
  resolve(reply: PreparedReply | TileReply): void;
  reject(error: unknown): void;
  /** Hears how far a slow tile is, in (0, 1). */
  progress?(done: number): void;
}

interface Place {
  seat: WorkerSeat;
  busy: boolean;
  task: Task | undefined;
  abortTimer: ReturnType<typeof setTimeout> | undefined;
}

/** Turns a lost worker into the error that callers see. */
async function publicly<T>(action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw toPublic(error);
  }
}

function toPublic(error: unknown): unknown {
  if (!(error instanceof WorkerLost)) return error;
  return new TesseraError(error.code, error.message, { cause: error.cause });
}

/**
 * Runs tiles on a fixed number of workers, one tile each at a time. Workers start when they are
 * first needed; a lost one is replaced and its tile tried once more. Every task settles.
 */
export class WorkerPool {
  readonly #places: Place[];
  readonly #queue = new FairQueue<Task>();
  /** Tasks that lost their worker go before all others. */
  #retries: Task[] = [];
  readonly #losses = new WeakMap<Task, number>();
  #disposed: { reason: unknown } | undefined;
  #paused = false;

  constructor(size: number, options: SeatOptions) {
    this.#places = Array.from({ length: size }, () => ({
      seat: new WorkerSeat(options),
      busy: false,
      task: undefined,
      abortTimer: undefined,
    }));
  }

  /** Starts the first worker, which tells about the model. */
  start(): Promise<LoadedReply> {
    const place = this.#places[0] as Place;
    return publicly(this.#occupy(place, () => place.seat.start()));
  }

  /** Starts every worker that has nothing to do, and prepares it for a shape. */
  async prepareAll(shape: SessionShape): Promise<void> {
    const request: PrepareRequest = { type: 'prepare', shape };
    const idle = this.#places.filter(({ busy }) => !busy);
    const prepared = idle.map((place) => this.#occupy(place, () => place.seat.request(request)));
    await publicly(Promise.all(prepared));
  }

  /** Lets the tasks of a lane take part. */
  add(lane: Lane<Task>): void {
    if (this.#disposed !== undefined) throw this.#disposed.reason;
    this.#queue.add(lane);
    this.pump();
  }

  /** Forgets a lane: its waiting tasks at once, its running ones before long. */
  remove(lane: Lane<Task>): void {
    this.#queue.remove(lane);
    this.#retries = this.#retries.filter((task) => task.lane !== lane);
    for (const place of this.#places) {
      if (place.task?.lane !== lane) continue;
      const end = () => place.seat.terminate(new Error('its run was aborted'));
      place.seat.cancel();
      place.abortTimer = setTimeout(end, ABORT_GRACE_MS);
    }
  }

  /** Starts no more tasks until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.pump();
  }

  /** Gives work to the workers that have none. */
  pump(): void {
    if (this.#disposed !== undefined || this.#paused) return;
    // Live workers first: a small image then starts no more of them than it has tiles.
    const idle = this.#places
      .filter(({ busy }) => !busy)
      .sort((a, b) => Number(b.seat.hasWorker) - Number(a.seat.hasWorker));
    for (const place of idle) {
      const task = this.#retries.shift() ?? this.#queue.take();
      if (task === undefined) return;
      void this.#work(place, task);
    }
  }

  async #work(place: Place, task: Task): Promise<void> {
    place.task = task;
    try {
      const onprogress = (done: number) => task.progress?.(done);
      task.resolve(
        await this.#occupy(place, () => place.seat.request(task.makeRequest(), onprogress)),
      );
    } catch (error) {
      if (error instanceof WorkerLost && this.#mayRetry(task)) {
        this.#retries.push(task);
        this.pump();
      } else {
        task.reject(toPublic(error));
      }
    }
  }

  #mayRetry(task: Task): boolean {
    const losses = (this.#losses.get(task) ?? 0) + 1;
    this.#losses.set(task, losses);
    return losses < MOST_LOSSES && !task.lane.closed && this.#disposed === undefined;
  }

  async #occupy<T>(place: Place, action: () => Promise<T>): Promise<T> {
    place.busy = true;
    try {
      return await action();
    } finally {
      clearTimeout(place.abortTimer);
      place.busy = false;
      place.task = undefined;
      this.pump();
    }
  }

  /** Ends all workers; everything pending rejects with `reason`. */
  async dispose(reason: unknown): Promise<void> {
    this.#disposed ??= { reason };
    this.#queue.cancelAll(reason);
    await Promise.all(this.#places.map(({ seat }) => seat.terminate(reason)));
  }
}
