import { find } from '../base/dom.js';

/** `fit` shows the whole picture; a number is screen pixels per result pixel. */
type Zoom = 'fit' | number;

/** What lies on one side of the line. It is stretched to the result's size. */
export interface Side {
  element: HTMLElement;
  label: string;
}

// A small picture is not blown up beyond this, in CSS pixels per result pixel.
const MOST_FIT = 3;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * Two pictures of one thing, one upon the other, with a line between them that is moved by pointer or
 * keyboard. Both are zoomed and scrolled as one.
 */
export class CompareView {
  readonly #root: HTMLElement;
  readonly #viewport: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #input: HTMLInputElement;
  #zoom: Zoom = 'fit';
  #width = 0;
  #height = 0;
  /** Where the line stands, as a share of the visible width. */
  #split = 0.5;

  /** Hears where the pointer is, in pixels of the result. */
  onpoint: (x: number, y: number) => void = () => {};

  /** @param root - holds `.stage` and, beside it or around it, `input.zoom` radios */
  constructor(root: HTMLElement) {
    this.#root = find(root, '.stage', HTMLElement);
    this.#viewport = find(root, '.viewport', HTMLElement);
    this.#sheet = find(root, '.sheet', HTMLElement);
    this.#input = find(root, '.split-input', HTMLInputElement);
    const handle = find(root, '.handle', HTMLElement);
    this.#input.addEventListener('input', () => this.#moveTo(this.#input.valueAsNumber / 100));
    this.#viewport.addEventListener('scroll', () => this.#place());
    new ResizeObserver(() => this.#layOut()).observe(this.#root);
    this.#watchPointer(handle, (event) => this.#follow(event));
    this.#watchPointer(this.#viewport, (event) => {
      if (this.#zoom === 'fit') this.#follow(event);
      else this.#pan(event);
    });
    this.#viewport.addEventListener('pointermove', (event) => this.#point(event));
    for (const radio of root.querySelectorAll<HTMLInputElement>('input.zoom')) {
      radio.addEventListener('change', () => this.#setZoom(radio.value));
    }
  }

  /**
   * @param width - of the result, in pixels
   * @param height - of the result, in pixels
   */
  setSize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#layOut();
  }

  /** Puts a picture on either side. */
  setSides(before: Side, after: Side): void {
    for (const [name, { element, label }] of Object.entries({ before, after })) {
      const layer = find(this.#sheet, `.layer-${name}`, HTMLElement);
      if (layer.firstChild !== element) layer.replaceChildren(element);
      find(this.#root, `.tag-${name}`, HTMLElement).textContent = label;
    }
  }

  /** A result is to come: it will appear over what it is compared with. */
  begin(): void {
    this.#root.classList.remove('settled', 'gliding');
    this.#moveTo(0);
  }

  /** The result is complete: the line moves to the middle. */
  settle(): void {
    if (this.#root.classList.contains('settled')) return;
    this.#root.classList.add('settled', 'gliding');
    this.#moveTo(0.5);
  }

  #setZoom(value: string): void {
    const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight } =
      this.#viewport;
    const centreX = (scrollLeft + clientWidth / 2) / scrollWidth;
    const centreY = (scrollTop + clientHeight / 2) / scrollHeight;
    this.#zoom = value === 'fit' ? 'fit' : Number(value);
    this.#layOut();
    const view = this.#viewport;
    view.scrollLeft = centreX * view.scrollWidth - view.clientWidth / 2;
    view.scrollTop = centreY * view.scrollHeight - view.clientHeight / 2;
    this.#place();
  }

  #layOut(): void {
    const { clientWidth, clientHeight } = this.#root;
    const fit = Math.min(MOST_FIT, clientWidth / this.#width, clientHeight / this.#height);
    const scale = this.#zoom === 'fit' ? fit : this.#zoom / devicePixelRatio;
    this.#sheet.style.width = `${this.#width * scale}px`;
    this.#sheet.style.height = `${this.#height * scale}px`;
    const magnified = this.#zoom !== 'fit';
    this.#root.classList.toggle('magnified', magnified);
    // Only what can be scrolled should stop the Tab key.
    this.#viewport.tabIndex = magnified ? 0 : -1;
    this.#place();
  }

  #moveTo(share: number): void {
    this.#split = clamp(share, 0, 1);
    const percent = Math.round(this.#split * 100);
    this.#input.value = String(percent);
    this.#input.ariaValueText = `${percent}% left, ${100 - percent}% right`;
    this.#root.style.setProperty('--split', String(this.#split));
  }

  /** Tells the style sheet where the sheet lies in the view. */
  #place(): void {
    const start = this.#sheet.offsetLeft - this.#viewport.scrollLeft;
    this.#root.style.setProperty('--start', `${start}px`);
    this.#root.style.setProperty('--room', `${this.#viewport.clientWidth}px`);
  }

  #watchPointer(target: HTMLElement, move: (event: PointerEvent) => void): void {
    target.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.#root.classList.remove('gliding');
      target.setPointerCapture(event.pointerId);
      move(event);
    });
    target.addEventListener('pointermove', (event) => {
      if (target.hasPointerCapture(event.pointerId)) move(event);
    });
  }

  /** The line goes to the pointer. */
  #follow(event: PointerEvent): void {
    const box = this.#viewport.getBoundingClientRect();
    this.#moveTo((event.clientX - box.left) / this.#viewport.clientWidth);
  }

  /** The picture goes with the mouse; fingers scroll by themselves. */
  #pan(event: PointerEvent): void {
    if (event.pointerType === 'mouse') this.#viewport.scrollBy(-event.movementX, -event.movementY);
  }

  #point(event: PointerEvent): void {
    const box = this.#sheet.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (x >= 0 && x < 1 && y >= 0 && y < 1) this.onpoint(x * this.#width, y * this.#height);
  }
}
