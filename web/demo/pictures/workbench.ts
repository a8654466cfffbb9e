import { byId } from '../base/dom.js';
import { describeError } from '../base/errors.js';
import type { Engine, Prepared, Settings } from '../network/engine.js';
import { hideRun, showRun } from '../run/facts.js';
import { Enlarger } from './enlarge.js';
import { Job } from './job.js';
import { Queue } from './queue.js';
import { QueueList } from './queue-list.js';
import { RunBar } from './run-bar.js';
import { Saver } from './save.js';
import { Stage } from './stage.js';

/** What the workbench needs of the page around it. */
export interface WorkbenchHandlers {
  settings(): Settings;
  /** The scale that the network has, as far as that is known. */
  scale(): number | undefined;
  onprepared(prepared: Prepared): void;
  /** A run is complete. */
  onmeasured(model: string, pixelsPerSecond: number, prepared: Prepared): void;
}

/** Pictures: what was brought, what is being done, what is looked at. */
export class Workbench {
  readonly #stage = new Stage(byId('pictures', HTMLElement));
  readonly #bar: RunBar;
  readonly #saver = new Saver();
  readonly #list: QueueList;
  readonly #queue: Queue;
  readonly #handlers: WorkbenchHandlers;
  /** What the last run used. */
  #prepared: Prepared | undefined;
  /** Whether the visitor chose what is shown: then the queue does not change it. */
  #held = false;

  constructor(engine: Engine, handlers: WorkbenchHandlers) {
    this.#handlers = handlers;
    const enlarger = new Enlarger(engine, {
      settings: handlers.settings,
      onprepared: (prepared) => {
        this.#prepared = prepared;
        handlers.onprepared(prepared);
      },
      onresult: (job) => this.#reshow(job),
      onchange: (job) => this.#update(job),
      ontile: (job, tile) => {
        if (job === this.#stage.job) this.#stage.addTile(tile);
      },
    });
    this.#queue = new Queue({
      work: (job, signal) => enlarger.enlarge(job, signal),
      onbegin: (job) => this.#begin(job),
      onchange: (job) => this.#finish(job),
      describe: describeError,
    });
    this.#list = new QueueList({
      onshow: (job) => {
        this.#held = true;
        this.#show(job);
      },
      oncancel: (job) => this.#queue.cancel(job),
      onagain: (job) => this.#queue.again(job),
      onsave: (job) => this.#try(() => this.#saver.save(job)),
    });
    this.#bar = new RunBar({
      oncancel: () => this.#withShown((job) => this.#queue.cancel(job)),
      onproceed: () =>
        this.#withShown((job) => {
          if (job.confirm) job.confirm();
          else this.#queue.again(job);
        }),
      onsave: () => this.#withShown((job) => this.#try(() => this.#saver.save(job))),
      oncopy: () => this.#withShown((job) => this.#try(() => this.#saver.copy(job), 'Copied.')),
      onshare: () => this.#withShown((job) => this.#try(() => this.#saver.share(job))),
    });
    byId('save-all', HTMLButtonElement).addEventListener('click', () => this.#saveAll());
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.#clear());
  }

  /**
   * Takes pictures: beside those of the list, if there is one, or in the place of the one that was
   * there.
   */
  bring(pictures: readonly { file: Blob; name: string }[]): void {
    const jobs = pictures.map(({ file, name }) => new Job(file, name));
    const listed = this.#queue.jobs.length > 1;
    if (listed) this.#queue.add(jobs);
    else this.#queue.replace(jobs);
    this.#list.show(this.#queue.jobs);
    for (const job of this.#queue.jobs) this.#list.update(job, false);
    const [first] = jobs;
    if (listed || !first) return;
    this.#held = false;
    this.#show(first);
  }

  /** Does what is shown anew, as the settings are now. */
  again(): void {
    this.#withShown((job) => this.#queue.again(job));
  }

  /** Says that something else went wrong. */
  complain(message: string): void {
    this.#bar.complain(message);
  }

  #withShown(action: (job: Job) => void): void {
    if (this.#stage.job) action(this.#stage.job);
  }

  #show(job: Job): void {
    const before = this.#stage.job;
    void this.#stage.show(job, this.#handlers.scale() ?? 1);
    if (before) this.#update(before);
    this.#update(job);
  }

  #reshow(job: Job): void {
    if (job === this.#stage.job) this.#show(job);
  }

  #begin(job: Job): void {
    if (!this.#held || !this.#stage.job) this.#show(job);
  }

  #update(job: Job): void {
    const shown = job === this.#stage.job;
    this.#list.update(job, shown);
    if (!shown) return;
    this.#bar.show(job);
    if (job.figures) showRun(job.figures);
    else hideRun();
  }

  #finish(job: Job): void {
    const { figures } = job;
    if (figures && job.state === 'done' && this.#prepared) {
      const { outputWidth, outputHeight } = figures.need;
      const pixels = outputWidth * outputHeight;
      const speed = (1000 * pixels) / figures.milliseconds;
      this.#handlers.onmeasured(figures.model, speed, this.#prepared);
    }
    if (job !== this.#stage.job) void job.shelve();
    else if (job.state === 'done') this.#stage.settle();
    else this.#show(job);
    this.#update(job);
  }

  async #try(action: () => Promise<void>, done?: string): Promise<void> {
    try {
      await action();
      if (done) this.#bar.say(done);
    } catch (error) {
      // Leaving the device's own dialogue is no fault.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.#bar.complain(describeError(error));
    }
  }

  async #saveAll(): Promise<void> {
    for (const job of this.#queue.jobs.filter(({ state }) => state === 'done')) {
      await this.#try(() => this.#saver.save(job));
      if (job !== this.#stage.job) await job.shelve();
    }
  }

  /** Keeps what is shown, alone. */
  #clear(): void {
    const { job } = this.#stage;
    if (!job) return;
    this.#queue.keep(job);
    this.#list.show(this.#queue.jobs);
    this.#list.update(job, true);
  }
}
