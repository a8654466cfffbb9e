import type { SessionShape, Work } from '../worker/protocol.js';
import { FairQueue, type Holder, type Lane } from './fair-queue.js';
import type { Task } from './tile-pool.js';
import { toPublic, WorkerLost } from './worker-handle.js';
import { type LoadableModel, type SeatOptions, WorkerSeat } from './worker-seat.js';

// The running tile of an aborted run ends between two layers; only if that takes longer than this is
// its worker ended.
const ABORT_GRACE_MS = 2000;
// A tile that loses this many workers is given up: the tile, not the worker, is to blame.
const MOST_LOSSES = 2;

/** A model whose lanes are in the queue. */
export interface QueuedModel extends LoadableModel {
  /** Whether none of its tasks is to be started. */
  paused: boolean;
}

interface Place {
  seat: WorkerSeat;
  busy: boolean;
  task: Task | undefined;
  abortTimer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The idle place that holds something of a lane, or can begin soonest. Live workers come first: a
 * small image then starts no more of them than it has tiles.
 */
function placeFor(lane: Lane<Task>, model: QueuedModel, idle: ReadonlySet<Place>): Place {
  const places = [...idle];
  return (places.find(({ seat }) => lane.stays?.(seat)) ??
    places.find(({ seat }) => seat.has(model)) ??
    places.find(({ seat }) => seat.hasWorker) ??
    places[0]) as Place;
}

/** A worker loses the rows that it holds to any other work. */
function workOf(task: Task, worker: Holder): Work {
  const work = task.makeWork(worker);
  if (work.type !== 'tile' || work.shape.rows === 0) worker.held = undefined;
  return work;
}

/** Turns a lost worker into the error that callers see. */
async function publicly<T>(action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw toPublic(error);
  }
}

/**
 * Runs the tiles of several models on a fixed number of workers, one tile each at a time. Workers
 * start when they are first needed; a lost one is replaced and its tile tried once more. Every task
 * settles.
 */
export class WorkerPool {
  readonly #places: Place[];
  readonly #queue = new FairQueue<Task>();
  /** What each lane in the queue is about. */
  readonly #lanes = new Map<Lane<Task>, QueuedModel>();
  readonly #models = new Set<QueuedModel>();
  /** Tasks that lost their worker go before all others. */
  #retries: Task[] = [];
  readonly #losses = new WeakMap<Task, number>();
  #disposed: { reason: unknown } | undefined;

  constructor(size: number, options: SeatOptions) {
    this.#places = Array.from({ length: size }, () => ({
      seat: new WorkerSeat(options),
      held: undefined,
      busy: false,
      task: undefined,
      abortTimer: undefined,
    }));
  }

  /** Starts the first worker, where there is none. */
  async start(): Promise<void> {
    const place = this.#places[0] as Place;
    const isAlive = this.#places.some(({ seat, busy }) => busy || seat.hasWorker);
    if (!isAlive) await publicly(this.#occupy(place, () => place.seat.start()));
  }

  /** Takes a model in; workers load it when they first need it. */
  admit(model: QueuedModel): void {
    if (this.#disposed !== undefined) throw this.#disposed.reason;
    this.#models.add(model);
  }

  /**
   * Ends everything of a model with `reason`. With the last model all workers end; before, workers use
   * the memory for others, and give it back when they end.
   */
  async discharge(model: QueuedModel, reason: unknown): Promise<void> {
    for (const [lane, its] of this.#lanes) if (its === model) lane.cancel(reason);
    if (!this.#models.delete(model) || this.#models.size > 0) return;
    await Promise.all(this.#places.map(({ seat }) => seat.terminate(reason)));
  }

  /** Starts every worker that has nothing to do, and prepares it for a shape. */
  async prepareAll(model: QueuedModel, shape: SessionShape): Promise<void> {
    const makeWork = () => ({ type: 'prepare', shape }) as const;
    const idle = this.#places.filter(({ busy }) => !busy);
    const prepared = idle.map((place) => {
      place.seat.held = undefined;
      return this.#occupy(place, () => place.seat.request(model, makeWork));
    });
    await publicly(Promise.all(prepared));
  }

  /** Lets the tasks of a lane take part. */
  add(lane: Lane<Task>, model: QueuedModel): void {
    if (this.#disposed !== undefined) throw this.#disposed.reason;
    this.#lanes.set(lane, model);
    this.#queue.add(lane);
    this.pump();
  }

  /** Forgets a lane: its waiting tasks at once, its running ones before long. */
  remove(lane: Lane<Task>): void {
    this.#lanes.delete(lane);
    this.#queue.remove(lane);
    this.#retries = this.#retries.filter((task) => task.lane !== lane);
    for (const place of this.#places) {
      if (place.task?.lane !== lane) continue;
      const end = () => place.seat.terminate(new Error('its run was aborted'));
      place.seat.cancel();
      place.abortTimer = setTimeout(end, ABORT_GRACE_MS);
    }
  }

  /** Gives work to the workers that have none. */
  pump(): void {
    const idle = new Set(this.#places.filter(({ busy }) => !busy));
    while (idle.size > 0 && this.#disposed === undefined) {
      const places = new Map<Lane<Task>, Place>();
      const task = this.#next((lane) => {
        const model = this.#lanes.get(lane);
        if (model === undefined || model.paused) return undefined;
        const place = placeFor(lane, model, idle);
        places.set(lane, place);
        return place.seat;
      });
      if (task === undefined) return;
      const place = places.get(task.lane) as Place;
      idle.delete(place);
      void this.#work(place, task, this.#lanes.get(task.lane) as QueuedModel);
    }
  }

  #next(workerFor: (lane: Lane<Task>) => Holder | undefined): Task | undefined {
    const retry = this.#retries.findIndex(({ lane }) => workerFor(lane) !== undefined);
    if (retry < 0) return this.#queue.take(workerFor);
    return this.#retries.splice(retry, 1)[0];
  }

  async #work(place: Place, task: Task, model: QueuedModel): Promise<void> {
    place.task = task;
    try {
      const onprogress = (done: number) => task.progress?.(done);
      const request = () => place.seat.request(model, () => workOf(task, place.seat), onprogress);
      task.resolve(await this.#occupy(place, request));
    } catch (error) {
      place.seat.held = undefined;
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
    if (this.#disposed !== undefined) throw this.#disposed.reason;
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
