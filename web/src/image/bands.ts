/** A result row by row, for files that are written while it is made. */
import type { ColorSpace, TileResult } from '../types.js';

/** Whole rows of a result, from the top. */
export interface Band {
  /** RGBA, straight alpha. */
  data: Uint8ClampedArray;
  height: number;
}

/** What the rows become part of. */
export interface RowShape {
  width: number;
  height: number;
  /** Whether every pixel is. */
  opaque: boolean;
  colorSpace: ColorSpace;
}

/** A row of tiles on its way. */
interface OpenBand extends Band {
  y: number;
  missing: number;
}

/**
 * Puts tiles together to rows of tiles. Holds those only that something has come of; the receiver of a
 * band may keep it until it asks for the next.
 */
export class BandBuilder {
  readonly #width: number;
  readonly #tilesAcross: number;
  readonly #open = new Map<number, OpenBand>();
  #next = 0;

  /** @param tilesAcross - how many tiles a row of tiles has */
  constructor(width: number, tilesAcross: number) {
    this.#width = width;
    this.#tilesAcross = tilesAcross;
  }

  /** Takes a tile; rows of tiles may finish out of order. */
  add({ data, x, y, width, height }: TileResult): void {
    let band = this.#open.get(y);
    if (band === undefined) {
      const pixels = new Uint8ClampedArray(this.#width * height * 4);
      band = { y, height, data: pixels, missing: this.#tilesAcross };
      this.#open.set(y, band);
    }
    for (let row = 0; row < height; row++) {
      const from = data.subarray(row * width * 4, (row + 1) * width * 4);
      band.data.set(from, (row * this.#width + x) * 4);
    }
    band.missing--;
  }

  /** The next band from the top, if it is complete. */
  take(): Band | undefined {
    const band = this.#open.get(this.#next);
    if (band === undefined || band.missing > 0) return undefined;
    this.#open.delete(this.#next);
    this.#next += band.height;
    return band;
  }
}
