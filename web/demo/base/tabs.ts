import { byId } from './dom.js';

/** Tabs by the pattern of WAI-ARIA: arrow keys go from one to the next, and choose it. */
export class Tabs {
  readonly #tabs: HTMLButtonElement[];
  readonly #onselect: (panel: string) => void;

  /** @param onselect - hears the id of the panel that is now shown */
  constructor(root: HTMLElement, onselect: (panel: string) => void) {
    this.#onselect = onselect;
    this.#tabs = [...root.querySelectorAll('button')];
    for (const [index, tab] of this.#tabs.entries()) {
      tab.addEventListener('click', () => this.select(panelOf(tab)));
      tab.addEventListener('keydown', ({ key }) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
        if (step === undefined) return;
        const next = this.#tabs.at((index + step) % this.#tabs.length);
        next?.focus();
        next?.click();
      });
    }
  }

  /** Shows a panel, by its id. */
  select(panel: string): void {
    if (!byId(panel, HTMLElement).hidden) return;
    for (const tab of this.#tabs) {
      const selected = panelOf(tab) === panel;
      tab.ariaSelected = String(selected);
      tab.tabIndex = selected ? 0 : -1;
      byId(panelOf(tab), HTMLElement).hidden = !selected;
    }
    this.#onselect(panel);
  }
}

const panelOf = (tab: HTMLElement) => tab.getAttribute('aria-controls') ?? '';
