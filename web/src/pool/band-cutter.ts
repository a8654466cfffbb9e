import type { SpareBuffers } from '../base/buffers.js';
import {
  alphaRowsOf,
  type BandPlan,
  leastPieces,
  type Piece,
  partsOf,
  pieceAt,
} from '../tiling/bands.js';
import { enlarged } from '../tiling/plan.js';
import { cutTile } from '../tiling/tile-pixels.js';
import type { AlphaRows, TileWork } from '../worker/protocol.js';
import { type CutRequest, type Cutter, type Part, shapeOf } from './cutter.js';
import type { Holder } from './fair-queue.js';

/** Consecutive pieces of a strip that one worker makes. */
interface Band {
  strip: number;
  /** The piece to hand out next. */
  next: number;
  end: number;
  worker: Holder | undefined;
}

/** What a worker's session holds the rows of: a band up to a piece. */
class Position {
  /** Stands for the cutter, without what that holds. */
  readonly owner: object;
  readonly strip: number;
  /** The rows of its session end where the image's do. */
  readonly height: number;
  /** The piece that continues it. */
  next: number;
  /** How many it has made. */
  made = 1;

  constructor(owner: object, strip: number, height: number, next: number) {
    this.owner = owner;
    this.strip = strip;
    this.height = height;
    this.next = next;
  }
}

// Of several runs with one priority each is served in turn, but not before a worker has made so many
// times the rows that it makes twice when it comes back.
const PER_TURN = 8;

/**
 * Hands out bands: each worker makes one piece after another of its own, and takes half of the
 * longest rest of another one when there is none.
 */
export class BandCutter implements Cutter {
  readonly count: number;
  readonly across: number;
  readonly #request: CutRequest & { plan: BandPlan; smallest: number };
  readonly #owner = {};
  readonly #bands: Band[];

  /** @param workers - how many there are */
  constructor(request: CutRequest & { plan: BandPlan; smallest: number }, workers: number) {
    this.#request = request;
    const { across, down } = request.plan;
    this.count = request.plan.count;
    this.across = across.count;
    const parts = partsOf(request.plan, workers);
    this.#bands = Array.from({ length: across.count * parts }, (_, i) => ({
      strip: Math.floor(i / parts),
      next: Math.floor((down.count * (i % parts)) / parts),
      end: Math.floor((down.count * ((i % parts) + 1)) / parts),
      worker: undefined,
    }));
  }

  stays(worker: Holder): boolean {
    const { held } = worker;
    if (!(held instanceof Position) || held.owner !== this.#owner) return false;
    const { plan } = this.#request;
    const turn = Math.max(1, Math.ceil((PER_TURN * plan.again) / plan.down.tile));
    return held.made % turn !== 0 && this.#bandOf(worker) !== undefined;
  }

  next(worker: Holder): Part | undefined {
    const band = this.#bandOf(worker) ?? this.#bandOf(undefined) ?? this.#split();
    if (band === undefined) return undefined;
    band.worker = worker;
    const { strip } = band;
    const row = band.next++;
    const piece = pieceAt(this.#request.plan, strip, row, this.#request);
    return {
      index: piece.index,
      output: piece.output,
      work: (by, spares) => this.#workFor(piece, strip, row, by, spares),
    };
  }

  #bandOf(worker: Holder | undefined): Band | undefined {
    return this.#bands.find((band) => band.worker === worker && band.next < band.end);
  }

  /** Cuts the longest rest in two, if both parts are worth it. */
  #split(): Band | undefined {
    const longest = this.#bands.reduce((a, b) => (b.end - b.next > a.end - a.next ? b : a));
    const least = leastPieces(this.#request.plan);
    const given = Math.floor((longest.end - longest.next + 1) / 2);
    if (longest.next === longest.end || given < least) return undefined;
    const middle = longest.end - given;
    const part = { strip: longest.strip, next: middle, end: longest.end, worker: undefined };
    longest.end = middle;
    this.#bands.push(part);
    return part;
  }

  /** For the worker that goes on with its band, or begins one here. */
  #workFor(
    piece: Piece,
    strip: number,
    row: number,
    worker: Holder,
    spares: SpareBuffers,
  ): TileWork {
    const { image, scale } = this.#request;
    const position = this.#advance(worker, piece, strip, row);
    const begins = position.made === 1;
    const first = begins ? piece.bandBegin : piece.begin;
    // What a band makes before its own rows, and a continued one does not.
    const made = begins ? piece.output.y - enlarged(piece.bandBegin, scale) : 0;
    const alphaRows = this.#alphaRows(piece, first);
    const { above = 0, below = 0 } = alphaRows ?? {};
    const height = above + piece.end - first + below;
    return {
      type: 'tile',
      shape: { ...shapeOf(this.#request), height: position.height },
      begins,
      pixels: cutTile(image, piece.x, first - above, piece.width, height, spares),
      alphaRows,
      take: { ...piece.output, x: piece.cropX, y: made },
    };
  }

  #alphaRows(piece: Piece, first: number): AlphaRows | undefined {
    const { plan, alpha, ownAlpha, scale } = this.#request;
    return alpha && !ownAlpha ? alphaRowsOf(plan, piece, first, scale) : undefined;
  }

  #advance(worker: Holder, piece: Piece, strip: number, row: number): Position {
    const { held } = worker;
    if (
      held instanceof Position &&
      held.owner === this.#owner &&
      held.strip === strip &&
      held.next === row
    ) {
      held.next++;
      held.made++;
      return held;
    }
    const { down, frame } = this.#request.plan;
    const height = down.padded - (piece.bandBegin + frame);
    const position = new Position(this.#owner, strip, height, row + 1);
    worker.held = position;
    return position;
  }
}
