// The threads of a page, asked by the browser's inspector: nothing on the page has to cooperate.

import { setTimeout } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';

/** Sends one of the inspector's commands to one thread: the page's main one, or a worker's. */
export type Ask = <T>(method: string, parameters?: object) => Promise<T>;

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string };
}

const PATIENCE_MS = 250;

/**
 * Workers cannot be made to wait for us, since other clients of the inspector let them go on. So the
 * page keeps its messages to a worker back until that is ready, and workers do little before the first.
 */
const HOLD_MESSAGES = `(() => {
  const workers = [];
  let ready = 0;
  globalThis.Worker = class extends Worker {
    #held = [];
    constructor(...all) {
      super(...all);
      workers.push(this);
      this.release();
    }
    release() {
      if (workers.indexOf(this) >= ready) return;
      for (const all of this.#held ?? []) super.postMessage(...all);
      this.#held = undefined;
    }
    postMessage(...all) {
      if (this.#held) this.#held.push(all);
      else super.postMessage(...all);
    }
  };
  globalThis.benchWorkersReady = (count) => {
    ready = count;
    for (const worker of workers) worker.release();
  };
})()`;

/** Workers are reached by messages inside the page's session, which is all that can be had here. */
export class Inspector {
  readonly #session: CDPSession;
  /** Of workers, by what the browser calls their sessions. */
  readonly #workers = new Set<string>();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  /**
   * Connects to a page and its workers. Close it.
   *
   * @param prelude - a script that runs on the page now, and in workers before they get messages
   */
  static async open(page: Page, prelude: string): Promise<Inspector> {
    const inspector = new Inspector(await page.context().newCDPSession(page), prelude);
    const wanted = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
    await inspector.#session.send('Target.setAutoAttach', wanted);
    for (const expression of [HOLD_MESSAGES, prelude]) await inspector.#evaluate(expression);
    return inspector;
  }

  private constructor(session: CDPSession, prelude: string) {
    this.#session = session;
    let ready = 0;
    session.on('Target.attachedToTarget', ({ sessionId }) => {
      this.#workers.add(sessionId);
      // One that ends before it answers needs nothing either.
      const prepared = this.#askWorker(sessionId, 'Runtime.evaluate', { expression: prelude });
      const release = () => this.#evaluate(`benchWorkersReady(${++ready})`);
      prepared.then(release, release).catch(() => {});
    });
    session.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      this.#waiting.get(answer.id)?.(answer);
    });
  }

  async close(): Promise<void> {
    await this.#evaluate('benchWorkersReady(Infinity)');
    await this.#session.detach();
  }

  /** Runs a script on the page. */
  async #evaluate(expression: string): Promise<void> {
    await this.#session.send('Runtime.evaluate', { expression });
  }

  /**
   * Asks every thread. Workers that do not answer soon have undefined: threads of C++ sleep without
   * looking at their messages.
   */
  async askAll<T>(question: (ask: Ask) => Promise<T>): Promise<Map<string, T | undefined>> {
    const main: Ask = (method, parameters) =>
      this.#session.send(method as 'Runtime.enable', parameters as undefined) as Promise<never>;
    const answers = [...this.#workers].map(async (worker): Promise<[string, T | undefined]> => {
      const ask: Ask = (method, parameters) => this.#askWorker(worker, method, parameters);
      return [worker, await Promise.race([question(ask), setTimeout(PATIENCE_MS, undefined)])];
    });
    return new Map([['main', await question(main)], ...(await Promise.all(answers))]);
  }

  #askWorker<T>(sessionId: string, method: string, params: object = {}): Promise<T> {
    const id = ++this.#count;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      const message = JSON.stringify({ id, method, params });
      this.#session.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    }).finally(() => this.#waiting.delete(id));
  }
}
