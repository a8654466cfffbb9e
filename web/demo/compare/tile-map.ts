import type { TileResult } from '../../src/index.js';
import { make } from '../base/dom.js';

/** Shows the tiles as they finish, upon the picture. */
export class TileMap {
  readonly #root: HTMLElement;

  /** @param root - as large as the shown result */
  constructor(root: HTMLElement) {
    this.#root = root;
  }

  clear(): void {
    this.#root.replaceChildren();
  }

  /** @param size - of the whole result, in pixels */
  add(tile: TileResult, size: { width: number; height: number }): void {
    const mark = make('div', { className: 'tile' });
    const share = (pixels: number, all: number) => `${(100 * pixels) / all}%`;
    Object.assign(mark.style, {
      left: share(tile.x, size.width),
      top: share(tile.y, size.height),
      width: share(tile.width, size.width),
      height: share(tile.height, size.height),
    });
    this.#root.append(mark);
  }
}
