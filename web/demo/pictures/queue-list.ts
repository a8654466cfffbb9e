import { byId, make, setText } from '../base/dom.js';
import type { Job } from './job.js';

/** What the list's buttons do. */
export interface QueueListHandlers {
  onshow(job: Job): void;
  oncancel(job: Job): void;
  onagain(job: Job): void;
  onsave(job: Job): void;
}

/** One job in the list. */
class Row {
  readonly element: HTMLLIElement;
  readonly #job: Job;
  readonly #show: HTMLButtonElement;
  readonly #progress = make('progress', { max: 1, value: 0 });
  readonly #status = make('span', { className: 'job-status' });
  readonly #action = make('button', { type: 'button', className: 'button small' });

  constructor(job: Job, handlers: QueueListHandlers) {
    this.#job = job;
    this.#show = make('button', { type: 'button', className: 'job-name' }, job.name);
    this.#show.addEventListener('click', () => handlers.onshow(job));
    this.#progress.ariaLabel = `Progress of ${job.name}`;
    this.#action.addEventListener('click', () => {
      if (job.unfinished) handlers.oncancel(job);
      else if (job.state === 'done') handlers.onsave(job);
      else handlers.onagain(job);
    });
    const parts = [this.#show, this.#status, this.#progress, this.#action];
    this.element = make('li', { className: 'job' }, ...parts);
  }

  update(shown: boolean): void {
    const { state, status, error, fraction, name } = this.#job;
    this.element.dataset.state = state;
    this.#show.ariaPressed = String(shown);
    this.#status.textContent = error || status;
    this.#progress.value = state === 'done' ? 1 : state === 'running' ? fraction : 0;
    const action = this.#job.unfinished ? 'Cancel' : state === 'done' ? 'Save' : 'Try again';
    this.#action.textContent = action;
    this.#action.ariaLabel = `${action}: ${name}`;
  }
}

/** The pictures that were brought together, each with its progress. Of one alone there is no list. */
export class QueueList {
  readonly #root = byId('queue', HTMLElement);
  readonly #list = byId('queue-jobs', HTMLOListElement);
  readonly #handlers: QueueListHandlers;
  #rows = new Map<Job, Row>();

  constructor(handlers: QueueListHandlers) {
    this.#handlers = handlers;
  }

  /** Shows these jobs and no others. */
  show(jobs: readonly Job[]): void {
    this.#rows = new Map(
      jobs.map((job) => [job, this.#rows.get(job) ?? new Row(job, this.#handlers)]),
    );
    this.#list.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    this.#root.hidden = jobs.length < 2;
  }

  update(job: Job, shown: boolean): void {
    this.#rows.get(job)?.update(shown);
    const jobs = [...this.#rows.keys()];
    const done = jobs.filter(({ state }) => state === 'done').length;
    const failed = jobs.filter(({ state }) => state === 'error').length;
    const failures = failed > 0 ? `, ${failed} failed` : '';
    setText('queue-summary', `${done} of ${jobs.length} done${failures}`);
  }
}
