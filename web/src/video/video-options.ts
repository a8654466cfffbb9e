/** What a page says and hears about video. */
import { checkOneOf, checkSignal } from '../base/checks.js';
import { tagOf } from '../base/kind-of.js';
import type {
  AbortSignal,
  HTMLCanvasElement,
  HTMLVideoElement,
  MediaStream,
} from '../host-types.js';
import type { AnyCanvas, OwnCanvas } from '../types.js';

/** What can be upscaled while it plays: a `video` element, a camera's or other stream, a canvas that changes. */
export type VideoSource = HTMLVideoElement | MediaStream | HTMLCanvasElement;

/** What can be chosen for frames. */
export interface FrameOptions {
  /** Ends it: what is pending rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** Among the other runs of the workers: higher goes first. Default 0. */
  priority?: number | undefined;
  /**
   * Whether parts of a frame that see the same pixels as in the last frame keep their result. The
   * bytes are the same either way. Default true.
   */
  reuse?: boolean | undefined;
}

/** What can be chosen for {@link Upscaler.video}. */
export interface VideoOptions<C extends AnyCanvas = AnyCanvas> extends FrameOptions {
  /** Draw here; it is resized. Default: a new canvas. */
  canvas?: C | undefined;
  /**
   * `model` goes over to the next lighter of a shipped model's sizes (medium, small, tiny) when more
   * than a quarter of the frames of two seconds were dropped; `none` keeps the model. Default `model`.
   */
  adapt?: 'model' | 'none' | undefined;
}

/**
 * A video that is upscaled while it plays. The newest frame waits at most, older ones are dropped and
 * counted; the canvas shows the last frame that is done.
 */
export interface LiveVideo<C extends AnyCanvas = OwnCanvas> {
  /** Shows the upscaled frames. */
  readonly canvas: C;
  /** Settles when the video was stopped, and rejects when it could not go on. */
  readonly closed: Promise<void>;
  /** What a canvas of the page shows, as a stream with the source's sound. */
  readonly stream: MediaStream;
  /** How it does. */
  stats(): VideoStats;
  /** Ends it; the canvas keeps its picture, and the source plays on. */
  stop(): void;
}

/** How a video does. */
export interface VideoStats {
  /** Frames that were shown per second, over the last two seconds in which any were. */
  fps: number;
  /** Milliseconds from a frame's arrival to its picture on the canvas: the median of the last 60. */
  latency: number;
  /** Frames that were shown, from the beginning. */
  frames: number;
  /** Frames that came too fast to be shown, from the beginning. */
  dropped: number;
  /** Share of the last 60 frames' pixels that were kept from the frame before, in [0, 1]. */
  reused: number;
  /** The model that runs now. */
  model: string;
}

/**
 * Every default filled in.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function resolveFrames({ signal, priority = 0, reuse = true }: FrameOptions): {
  priority: number;
  reuse: boolean;
} {
  checkSignal(signal);
  if (typeof priority !== 'number' || Number.isNaN(priority)) {
    throw new TypeError('priority must be a number');
  }
  return { priority, reuse };
}

/** @throws TypeError or RangeError that names the option. */
export function checkVideo(source: VideoSource, options: VideoOptions): void {
  resolveFrames(options);
  checkOneOf('adapt', options.adapt ?? 'model', ['model', 'none']);
  const tag = tagOf(source);
  if (['HTMLVideoElement', 'MediaStream', 'HTMLCanvasElement'].includes(tag)) return;
  throw new TypeError(
    `not a video: pass a video element, a MediaStream or a canvas element, not ${tag}; frames of ` +
      'other kinds go through transformer()',
  );
}
