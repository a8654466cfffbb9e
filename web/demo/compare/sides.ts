import { byId } from '../base/dom.js';
import type { CompareView } from './compare-view.js';
import { type Enlargements, METHODS, type Method } from './enlargements.js';

/** What is on the left and on the right of the line, as the visitor chooses. */
export class Sides {
  readonly #view: CompareView;
  readonly #selects = [
    byId('side-before', HTMLSelectElement),
    byId('side-after', HTMLSelectElement),
  ];
  #chosen = this.#read();
  #picture: Enlargements | undefined;

  constructor(view: CompareView) {
    this.#view = view;
    for (const select of this.#selects) select.addEventListener('change', () => this.#change());
  }

  /** Shows a picture, by the methods that are chosen. */
  show(picture: Enlargements): void {
    this.#picture = picture;
    this.#view.setSize(picture.width, picture.height);
    this.#apply();
  }

  /** There is nothing to compare. */
  clear(): void {
    this.#picture = undefined;
  }

  #read(): [before: Method, after: Method] {
    return this.#selects.map(({ value }) => value) as [Method, Method];
  }

  /** Choosing what the other side has swaps the two. */
  #change(): void {
    const [before, after] = this.#read();
    if (before === after) {
      const [was, other] = this.#chosen;
      const swapped = before === was ? ([other, was] as const) : ([after, was] as const);
      this.#selects.forEach((select, i) => {
        select.value = swapped[i] as Method;
      });
    }
    this.#chosen = this.#read();
    this.#apply();
  }

  #apply(): void {
    const picture = this.#picture;
    if (!picture) return;
    const [before, after] = this.#chosen.map((method) => ({
      element: picture.canvas(method),
      label: METHODS[method],
    }));
    if (before && after) this.#view.setSides(before, after);
  }
}
