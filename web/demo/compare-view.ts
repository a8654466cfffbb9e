import { byId } from './dom.js';

/** `fit` shows the whole picture; a number is screen pixels per result pixel. */
type Zoom = 'fit' | number;

// Beyond this share of the window, a picture is no longer seen as a whole.
const TALLEST_SHARE = 0.72;
const LEAST_HEIGHT = 240;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * The picture before and after, one upon the other, with a line between them that is moved by
 * pointer or keyboard. Before is the original itself, stretched by the browser to the same size.
 */
export class CompareView {
  readonly #root = byId('compare', HTMLDivElement);
  readonly #viewport = byId('viewport', HTMLElement);
  readonly #sheet = byId('sheet', HTMLDivElement);
  readonly #before = byId('before', HTMLCanvasElement);
  readonly #input = byId('split', HTMLInputElement);
  readonly #handle = byId('handle', HTMLDivElement);
  #zoom: Zoom = 'fit';
  #width = 1;
  #height = 1;
  /** Where the line stands, as a share of the visible width. */
  #split = 0;

  /** Where the result is drawn. Its size is the result's. */
  readonly after = byId('after', HTMLCanvasElement);

  constructor() {
    this.#input.addEventListener('input', () => this.#moveTo(this.#input.valueAsNumber / 100));
    this.#viewport.addEventListener('scroll', () => this.#place());
    addEventListener('resize', () => this.#layOut());
    this.#watchPointer(this.#handle, () => true);
    // In a magnified picture, dragging scrolls; the handle alone moves the line.
    this.#watchPointer(this.#viewport, () => this.#zoom === 'fit');
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=zoom]')) {
      radio.addEventListener('change', () => this.#setZoom(radio.value));
    }
  }

  /**
   * Shows a picture whose result is not there yet.
   *
   * @param width - of the result, in pixels
   * @param height - of the result, in pixels
   */
  begin(picture: ImageBitmap, width: number, height: number): void {
    this.#before.width = picture.width;
    this.#before.height = picture.height;
    this.#before.getContext('2d')?.drawImage(picture, 0, 0);
    // Setting a size empties a canvas, so the tiles will appear over the original.
    this.after.width = width;
    this.after.height = height;
    this.#width = width;
    this.#height = height;
    this.#root.classList.remove('settled', 'gliding');
    this.#moveTo(0);
    this.#layOut();
  }

  /** The result is complete: the line moves to the middle. */
  settle(): void {
    this.#root.classList.add('settled', 'gliding');
    this.#input.disabled = false;
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
    const room = this.#root.clientWidth;
    const tallest = Math.max(LEAST_HEIGHT, innerHeight * TALLEST_SHARE);
    const fit = Math.min(1, room / this.#width, tallest / this.#height);
    const scale = this.#zoom === 'fit' ? fit : this.#zoom / devicePixelRatio;
    this.#sheet.style.width = `${this.#width * scale}px`;
    this.#sheet.style.height = `${this.#height * scale}px`;
    this.#viewport.style.maxHeight = `${tallest}px`;
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
    this.#input.ariaValueText = `${percent}% before, ${100 - percent}% after`;
    this.#root.style.setProperty('--split', String(this.#split));
  }

  /** Tells the style sheet where the sheet lies in the view. */
  #place(): void {
    const start = this.#sheet.offsetLeft - this.#viewport.scrollLeft;
    this.#root.style.setProperty('--start', `${start}px`);
    this.#root.style.setProperty('--room', `${this.#viewport.clientWidth}px`);
  }

  #watchPointer(target: HTMLElement, applies: () => boolean): void {
    const follow = (event: PointerEvent) => {
      const box = this.#viewport.getBoundingClientRect();
      this.#moveTo((event.clientX - box.left) / this.#viewport.clientWidth);
    };
    target.addEventListener('pointerdown', (event) => {
      if (!applies() || event.button !== 0) return;
      this.#root.classList.remove('gliding');
      target.setPointerCapture(event.pointerId);
      follow(event);
    });
    target.addEventListener('pointermove', (event) => {
      if (target.hasPointerCapture(event.pointerId)) follow(event);
    });
  }
}
