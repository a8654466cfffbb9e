import { byId, setText } from '../base/dom.js';
import type { Job } from './job.js';

/** What the buttons below the picture do. */
export interface RunBarHandlers {
  oncancel(): void;
  onproceed(): void;
  onsave(): void;
  oncopy(): void;
  onshare(): void;
}

/** How the job that is shown does, and what can be done with it. */
export class RunBar {
  readonly #cancel = byId('cancel', HTMLButtonElement);
  readonly #proceed = byId('proceed', HTMLButtonElement);
  readonly #keep = byId('keep', HTMLElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  readonly #error = byId('error', HTMLElement);

  constructor(handlers: RunBarHandlers) {
    this.#cancel.addEventListener('click', () => handlers.oncancel());
    this.#proceed.addEventListener('click', () => handlers.onproceed());
    byId('save', HTMLButtonElement).addEventListener('click', () => handlers.onsave());
    byId('copy', HTMLButtonElement).addEventListener('click', () => handlers.oncopy());
    byId('share', HTMLButtonElement).addEventListener('click', () => handlers.onshare());
  }

  show(job: Job): void {
    const { state, status, error, fraction } = job;
    document.body.dataset.state = state;
    setText('status', status);
    this.#progress.value = fraction;
    this.complain(error);
    this.#showButtons(state === 'asking', job.unfinished, state === 'done');
  }

  /** Says something of the job that is shown. */
  say(text: string): void {
    setText('status', text);
  }

  /** @param message - empty when nothing is wrong any more */
  complain(message: string): void {
    if (document.body.dataset.error === message) return;
    document.body.dataset.error = message;
    this.#error.textContent = message;
    this.#error.hidden = message === '';
  }

  /** Shows the buttons that make sense now. A button that disappears hands its focus on. */
  #showButtons(asking: boolean, unfinished: boolean, done: boolean): void {
    const active = document.activeElement;
    this.#cancel.hidden = !unfinished;
    this.#proceed.hidden = done || (unfinished && !asking);
    this.#proceed.textContent = asking ? 'Enlarge it' : 'Try again';
    this.#keep.hidden = !done;
    if (!(active instanceof HTMLElement) || !active.closest('.actions')) return;
    if (active.checkVisibility()) return;
    const next = [byId('save', HTMLButtonElement), this.#proceed, this.#cancel];
    next.find((button) => button.checkVisibility())?.focus();
  }
}
