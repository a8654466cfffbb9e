import { reasonOf } from '../base/abort.js';
import { deferred } from '../base/deferred.js';
import { contextOf, makePageCanvas } from '../image/canvas.js';
import type { AnyCanvas, TileResult } from '../types.js';
import { FrameRecord } from './frame-record.js';
import { type FrameSource, openSource, watchFrames } from './frame-source.js';
import {
  type FrameModel,
  type FrameSettings,
  FrameUpscaler,
  type FrameWork,
} from './frame-upscaler.js';
import { type HeldFrame, holdFrame } from './read-frame.js';
import type { LiveVideo, VideoOptions, VideoSource, VideoStats } from './video-options.js';

/** What a video is made with. */
export interface LiveParts {
  model: FrameModel;
  settings: FrameSettings;
  /** The next lighter model, loaded; undefined where there is none. */
  lighter(name: string): Promise<FrameModel> | undefined;
  /** Called once, when the video has ended. */
  onend(): void;
}

// So many frames in a row that fail are no accident.
const MOST_FAILURES = 3;

/** Takes frames from a source and draws what becomes of them. */
export class PlayingVideo<C extends AnyCanvas> implements LiveVideo<C> {
  readonly canvas: C;
  readonly closed: Promise<void>;
  readonly #parts: LiveParts;
  readonly #adapts: boolean;
  readonly #source: FrameSource;
  readonly #unwatch: () => void;
  readonly #record = new FrameRecord();
  readonly #end = deferred<void>();
  #upscaler: FrameUpscaler;
  #model: string;
  /** Takes over when what is in work is done. */
  #lighter: FrameModel | undefined;
  /** Settles when all frames that were begun are shown or lost. */
  #finished: Promise<void> = Promise.resolve();
  #waiting: HeldFrame | undefined;
  /** Whether a frame is being read, or all workers have something to do. */
  #busy = false;
  #failures = 0;
  #ended = false;
  #stream: MediaStream | undefined;

  constructor(source: VideoSource, options: VideoOptions<C>, parts: LiveParts) {
    this.#parts = parts;
    this.#adapts = options.adapt !== 'none';
    this.canvas = options.canvas ?? (makePageCanvas(1, 1) as C);
    this.closed = this.#end.promise;
    this.#upscaler = new FrameUpscaler(parts.model, parts.settings);
    this.#model = parts.model.model.name;
    parts.settings.signal.addEventListener('abort', this.#onabort);
    this.#source = openSource(source);
    this.#unwatch = watchFrames(this.#source.video, (arrived, count) => {
      this.#arrive(arrived, count);
    });
  }

  /** @throws TypeError where the canvas is none of the page. */
  get stream(): MediaStream {
    const { canvas } = this as { canvas: Partial<HTMLCanvasElement> };
    if (canvas.captureStream === undefined) {
      throw new TypeError('only a canvas element of the page gives a stream');
    }
    this.#stream ??= new MediaStream([
      ...canvas.captureStream().getVideoTracks(),
      ...this.#source.audio(),
    ]);
    return this.#stream;
  }

  stats(): VideoStats {
    const { fps, latency, frames, dropped, reused } = this.#record;
    return { fps, latency, frames, dropped, reused, model: this.#model };
  }

  stop(): void {
    this.#close();
    this.#end.resolve();
  }

  readonly #onabort = () => this.#fail(reasonOf(this.#parts.settings.signal));

  #fail(error: unknown): void {
    this.#close();
    this.#end.reject(error);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.settings.signal.removeEventListener('abort', this.#onabort);
    this.#unwatch?.();
    this.#source.close();
    this.#takeWaiting()?.close();
    for (const track of this.#stream?.getVideoTracks() ?? []) track.stop();
    this.#parts.onend();
  }

  #takeWaiting(): HeldFrame | undefined {
    const frame = this.#waiting;
    this.#waiting = undefined;
    return frame;
  }

  #arrive(arrived: number, count: number): void {
    if (this.#ended) return;
    const late = this.#takeWaiting();
    late?.close();
    this.#record.drop(count - 1 + (late === undefined ? 0 : 1));
    try {
      if (this.#source.video.videoWidth > 0) {
        this.#waiting = holdFrame(this.#source.video, arrived);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    void this.#proceed();
    if (this.#record.fellBehind(arrived)) void this.#lighten();
  }

  /** Begins the frame that waits, if a worker has nothing to do. */
  async #proceed(): Promise<void> {
    if (this.#busy || this.#ended) return;
    const frame = this.#takeWaiting();
    if (frame === undefined) return;
    this.#busy = true;
    try {
      const pixels = await frame.read();
      if (this.#lighter !== undefined) await this.#takeOver(this.#lighter);
      const work = this.#upscaler.begin(pixels);
      this.#finished = this.#finish(work, frame.arrived);
      await work.spare;
    } catch (error) {
      this.#lose(error);
    } finally {
      frame.close();
      this.#busy = false;
    }
    void this.#proceed();
  }

  async #finish(work: FrameWork, arrived: number): Promise<void> {
    try {
      const tiles = await work.tiles;
      if (this.#ended) return;
      this.#draw(work, tiles);
      this.#upscaler.recycle(tiles);
      const at = performance.now();
      this.#record.show({ at, latency: at - arrived, reused: work.reused });
      this.#failures = 0;
    } catch (error) {
      this.#lose(error);
    }
  }

  /** All of a frame in one task, so that no part of another is ever seen. */
  #draw({ width, height }: FrameWork, tiles: readonly TileResult[]): void {
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = contextOf(canvas, { alpha: false });
    for (const tile of tiles) {
      context.putImageData(new ImageData(tile.data, tile.width, tile.height), tile.x, tile.y);
    }
  }

  #lose(error: unknown): void {
    if (this.#ended) return;
    this.#record.drop(1);
    this.#failures++;
    if (this.#failures >= MOST_FAILURES) this.#fail(error);
  }

  async #lighten(): Promise<void> {
    const loading = this.#adapts ? this.#parts.lighter(this.#model) : undefined;
    this.#lighter = await loading?.catch(() => undefined);
  }

  async #takeOver(model: FrameModel): Promise<void> {
    this.#lighter = undefined;
    await this.#finished;
    this.#upscaler = new FrameUpscaler(model, this.#parts.settings);
    this.#model = model.model.name;
  }
}
