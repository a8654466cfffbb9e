import { byId, contextOf, make } from '../base/dom.js';
import type { CompareView } from './compare-view.js';
import { type Enlargements, METHODS, type Method } from './enlargements.js';
import type { Part } from './resample.js';

/** Pixels of the result along an edge of a loupe. */
const SEEN = 40;
/** Screen pixels for each. */
const MAGNIFIED = 4;
/** Result pixels that an arrow key moves by. */
const STEP = 8;

const ARROWS: Readonly<Record<string, [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** One place of the picture by every method, side by side, magnified. */
export class Loupe {
  readonly #button = byId('loupe-toggle', HTMLButtonElement);
  readonly #strip = byId('loupe', HTMLElement);
  readonly #canvases: [Method, HTMLCanvasElement][];
  #picture: Enlargements | undefined;
  #x = 0;
  #y = 0;

  constructor(view: CompareView) {
    this.#canvases = Object.entries(METHODS).map(([method, label]) => {
      const edge = SEEN * MAGNIFIED;
      const canvas = make('canvas', { width: edge, height: edge, role: 'img', ariaLabel: label });
      this.#strip.append(make('figure', {}, canvas, make('figcaption', {}, label)));
      return [method as Method, canvas];
    });
    this.#button.addEventListener('click', () => this.#toggle());
    this.#strip.addEventListener('keydown', (event) => this.#press(event));
    view.onpoint = (x, y) => this.#moveTo(x, y);
  }

  /** Looks at another picture, in its middle. */
  show(picture: Enlargements): void {
    const other = this.#picture?.width !== picture.width || this.#picture.height !== picture.height;
    this.#picture = picture;
    if (other) this.#moveTo(picture.width / 2, picture.height / 2);
    else this.draw();
  }

  /** Draws what may have changed. */
  draw(): void {
    const picture = this.#picture;
    if (!picture || this.#strip.hidden) return;
    const part = this.#part(picture);
    for (const [method, canvas] of this.#canvases) {
      const context = contextOf(canvas);
      context.imageSmoothingEnabled = false;
      context.clearRect(0, 0, canvas.width, canvas.height);
      const seen = picture.part(method, part);
      context.drawImage(seen, 0, 0, part.width * MAGNIFIED, part.height * MAGNIFIED);
    }
  }

  #part({ width, height }: Enlargements): Part {
    const size = { width: Math.min(SEEN, width), height: Math.min(SEEN, height) };
    const along = (at: number, seen: number, all: number) =>
      Math.min(all - seen, Math.max(0, Math.round(at - seen / 2)));
    const [x, y] = [along(this.#x, size.width, width), along(this.#y, size.height, height)];
    return { x, y, ...size };
  }

  #toggle(): void {
    const shown = this.#strip.hidden !== false;
    this.#strip.hidden = !shown;
    this.#button.ariaPressed = String(shown);
    document.body.classList.toggle('loupe-shown', shown);
    this.draw();
  }

  #moveTo(x: number, y: number): void {
    this.#x = Math.min(this.#picture?.width ?? 0, Math.max(0, x));
    this.#y = Math.min(this.#picture?.height ?? 0, Math.max(0, y));
    this.draw();
  }

  #press(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    this.#moveTo(this.#x + arrow[0] * STEP, this.#y + arrow[1] * STEP);
  }
}
