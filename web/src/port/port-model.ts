import { FairQueue, type Lane } from '../pool/fair-queue.js';
import type { Task, TilePool } from '../pool/tile-pool.js';
import { type SessionShape, transfersOf } from '../worker/protocol.js';
import type { PortClient } from './client.js';

// For each worker of the pool: so a worker finds the next tile waiting while a result is on its way. More
// would only keep a later run of a higher priority waiting.
const TILES_UNDERWAY = 2;
// The worker, whichever it is: what it holds is not known here.
const AFAR = { held: undefined };

/** A model of the upscaler at the other end of a port. */
export class PortModel implements TilePool {
  readonly #client: PortClient;
  readonly #id: number;
  readonly #most: number;
  readonly #queue = new FairQueue<Task>();
  /** The numbers by which the other end knows runs. */
  readonly #lanes = new Map<Lane<Task>, number>();
  readonly #nextLane: () => number;
  #underway = 0;
  #paused = false;

  /**
   * @param id - what the other end calls the model
   * @param workers - of its pool
   * @param nextLane - gives numbers, no two alike at one port
   */
  constructor(client: PortClient, id: number, workers: number, nextLane: () => number) {
    this.#client = client;
    this.#id = id;
    this.#most = TILES_UNDERWAY * workers;
    this.#nextLane = nextLane;
  }

  add(lane: Lane<Task>): void {
    if (this.#client.ended !== undefined) throw this.#client.ended.reason;
    this.#queue.add(lane);
    this.pump();
  }

  remove(lane: Lane<Task>): void {
    this.#queue.remove(lane);
    const number = this.#lanes.get(lane);
    this.#lanes.delete(lane);
    if (number !== undefined) this.#client.remove(number);
  }

  pump(): void {
    while (this.#underway < this.#most && !this.#paused) {
      const task = this.#queue.take();
      if (task === undefined) return;
      void this.#send(task);
    }
  }

  async #send(task: Task): Promise<void> {
    this.#underway++;
    const { lane } = task;
    const number = this.#lanes.get(lane) ?? this.#nextLane();
    this.#lanes.set(lane, number);
    const { priority } = lane;
    const work = task.makeWork(AFAR);
    try {
      const request = { type: 'task', model: this.#id, lane: number, priority, work } as const;
      const onprogress = (done: number) => task.progress?.(done);
      task.resolve(await this.#client.ask(request, transfersOf(work), onprogress));
    } catch (error) {
      task.reject(error);
    } finally {
      this.#underway--;
      this.pump();
    }
  }

  async prepareAll(shape: SessionShape): Promise<void> {
    await this.#client.ask({ type: 'prepareAll', model: this.#id, shape });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.pump();
  }

  async close(reason: unknown): Promise<void> {
    this.#queue.cancelAll(reason);
  }
}
