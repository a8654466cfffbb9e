import type { Estimate, UpscalerInfo } from '../../src/index.js';
import { contextOf, makeCanvas } from '../base/dom.js';

/** Also on `<body data-state>` of the job that is shown, for the style sheet and for scripts. */
export type JobState =
  | 'waiting'
  | 'loading'
  | 'asking'
  | 'running'
  | 'done'
  | 'cancelled'
  | 'error';

/** What a finished run took. */
export interface Figures {
  need: Estimate;
  info: UpscalerInfo;
  model: string;
  scale: number;
  /** From the file's bytes to the last pixel. */
  milliseconds: number;
  /** From the file's bytes to the first tile. */
  firstTile: number;
}

const UNFINISHED: readonly JobState[] = ['waiting', 'loading', 'asking', 'running'];

/** One picture of the visitor's, on its way to being larger. */
export class Job {
  readonly file: Blob;
  readonly name: string;
  state: JobState = 'waiting';
  /** For people. */
  status = 'Waiting…';
  /** What went wrong, for people; empty when nothing has. */
  error = '';
  /** In [0, 1]: of the loading, then of the run. */
  fraction = 0;
  figures: Figures | undefined;
  /** While it asks whether to go on: goes on. */
  confirm: (() => void) | undefined;
  #original: Promise<HTMLCanvasElement> | undefined;
  #canvas: HTMLCanvasElement | undefined;
  /** The result while nobody looks at it, as a PNG file. */
  #shelved: Blob | undefined;

  constructor(file: Blob, name: string) {
    this.file = file;
    this.name = name;
  }

  get unfinished(): boolean {
    return UNFINISHED.includes(this.state);
  }

  set(state: JobState, status: string): void {
    this.state = state;
    this.status = status;
  }

  /** Forgets what an earlier run has left. */
  reset(): void {
    this.set('waiting', 'Waiting…');
    this.error = '';
    this.fraction = 0;
    this.figures = undefined;
    this.#canvas = undefined;
    this.#shelved = undefined;
  }

  /** The picture as it is. */
  original(): Promise<HTMLCanvasElement> {
    this.#original ??= this.#decode();
    return this.#original;
  }

  /** A new canvas for the result. */
  makeResult(width: number, height: number): HTMLCanvasElement {
    this.#canvas = makeCanvas(width, height).canvas;
    return this.#canvas;
  }

  /** The result, or what there is of it; undefined before the run. */
  async result(): Promise<HTMLCanvasElement | undefined> {
    if (!this.#canvas && this.#shelved) {
      this.#canvas = await draw(this.#shelved);
      this.#shelved = undefined;
    }
    return this.#canvas;
  }

  /** Nobody looks at it now: pixels are given back, and a finished result is kept as a file. */
  async shelve(): Promise<void> {
    this.#original = undefined;
    const canvas = this.#canvas;
    if (this.state !== 'done' || !canvas) return;
    const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    // A canvas that is too large to be made a file stays a canvas.
    if (!file || canvas !== this.#canvas) return;
    this.#shelved = file;
    this.#canvas = undefined;
  }

  async #decode(): Promise<HTMLCanvasElement> {
    try {
      return await draw(this.file);
    } catch {
      throw new Error(
        `“${this.name}” is not a picture that this browser can read. Try a PNG, JPEG, WebP or AVIF file.`,
      );
    }
  }
}

async function draw(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(file);
  const { canvas } = makeCanvas(bitmap.width, bitmap.height);
  contextOf(canvas).drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
