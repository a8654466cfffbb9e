import type { TileResult } from '../../src/index.js';
import { find, make } from '../base/dom.js';
import { CompareView } from '../compare/compare-view.js';
import { Enlargements } from '../compare/enlargements.js';
import { Loupe } from '../compare/loupe.js';
import { Sides } from '../compare/sides.js';
import { TileMap } from '../compare/tile-map.js';
import type { Job } from './job.js';

/** Where one job is looked at. */
export class Stage {
  readonly #view: CompareView;
  readonly #sides: Sides;
  readonly #loupe: Loupe;
  readonly #tiles: TileMap;
  #job: Job | undefined;
  #picture: Enlargements | undefined;

  constructor(root: HTMLElement) {
    this.#view = new CompareView(root);
    this.#sides = new Sides(this.#view);
    this.#loupe = new Loupe(this.#view);
    this.#tiles = new TileMap(find(root, '.tile-map', HTMLElement));
  }

  get job(): Job | undefined {
    return this.#job;
  }

  /**
   * Shows a job: its picture, and its result or what there is of it.
   *
   * @param scale - which the result will have, as far as that is known
   */
  async show(job: Job, scale: number): Promise<void> {
    if (this.#job !== job) void this.#job?.shelve();
    this.#job = job;
    const original = await job.original().catch(() => undefined);
    const result = await job.result();
    if (this.#job !== job) return;
    this.#picture?.close();
    this.#picture = original && result && new Enlargements(original, result);
    if (this.#picture) {
      this.#sides.show(this.#picture);
      this.#loupe.show(this.#picture);
    } else {
      this.#showAlone(original, scale);
    }
    if (job.state === 'done') this.settle();
    else this.#view.begin();
  }

  /** A tile of the job that is shown has been drawn. */
  addTile(tile: TileResult): void {
    if (this.#picture) this.#tiles.add(tile, this.#picture);
  }

  /** The result is complete. */
  settle(): void {
    this.#tiles.clear();
    this.#loupe.draw();
    this.#view.settle();
  }

  /** @param original - undefined for a file that is no picture, which the run will say */
  #showAlone(original: HTMLCanvasElement | undefined, scale: number): void {
    const shown = original ?? make('canvas', { width: 0, height: 0 });
    shown.role = 'img';
    shown.ariaLabel = this.#job?.name ?? '';
    this.#sides.clear();
    this.#view.setSize(shown.width * scale, shown.height * scale);
    this.#view.setSides({ element: shown, label: '' }, { element: make('div'), label: '' });
  }
}
