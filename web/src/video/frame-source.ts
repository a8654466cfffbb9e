/** Where frames come from: whatever it is, a `video` element plays it. */
import { tagOf } from '../base/kind-of.js';
import type { VideoSource } from './video-options.js';

const LONG_GAP_MS = 1000;

/** A source that plays. */
export interface FrameSource {
  video: HTMLVideoElement;
  /** The sound that belongs to it. */
  audio(): MediaStreamTrack[];
  /** Stops listening, and what was started for it. */
  close(): void;
}

/** Opens a source; what plays already goes on as it is. */
export function openSource(source: VideoSource): FrameSource {
  const tag = tagOf(source);
  if (tag === 'HTMLVideoElement') return openElement(source as HTMLVideoElement);
  if (tag === 'MediaStream') return openStream(source as MediaStream, () => {});
  const stream = (source as HTMLCanvasElement).captureStream();
  return openStream(stream, () => {
    for (const track of stream.getTracks()) track.stop();
  });
}

function openElement(video: HTMLVideoElement): FrameSource {
  const { captureStream }: { captureStream?: () => MediaStream } = video as object;
  return {
    video,
    audio: () => captureStream?.call(video).getAudioTracks() ?? [],
    close() {},
  };
}

function openStream(stream: MediaStream, close: () => void): FrameSource {
  const video = document.createElement('video');
  // The page plays the sound, if it wants to.
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  // It ends early when it is closed.
  video.play().catch(() => {});
  return {
    video,
    audio: () => stream.getAudioTracks(),
    close() {
      video.srcObject = null;
      close();
    },
  };
}

/**
 * Calls back at each frame that the element shows, beginning with the one that is there.
 *
 * @param onframe - hears how many frames came since the last call, this one included
 * @returns a function that ends it.
 */
export function watchFrames(
  video: HTMLVideoElement,
  onframe: (arrived: number, count: number) => void,
): () => void {
  const { HAVE_CURRENT_DATA } = HTMLMediaElement;
  if (video.readyState >= HAVE_CURRENT_DATA) queueMicrotask(() => onframe(performance.now(), 1));
  if (typeof video.requestVideoFrameCallback !== 'function') return watchTime(video, onframe);
  let last: { arrived: number; presented: number } | undefined;
  let handle = 0;
  const next: VideoFrameRequestCallback = (_, { presentedFrames: presented }) => {
    handle = video.requestVideoFrameCallback(next);
    const arrived = performance.now();
    // A hidden page hears of no frames, and misses none; another source counts anew.
    const follows = last !== undefined && arrived - last.arrived < LONG_GAP_MS;
    const count = follows && last ? Math.max(1, presented - last.presented) : 1;
    last = { arrived, presented };
    onframe(arrived, count);
  };
  handle = video.requestVideoFrameCallback(next);
  return () => video.cancelVideoFrameCallback(handle);
}

/** Browsers that do not tell of frames: one came when the time has changed. */
function watchTime(
  video: HTMLVideoElement,
  onframe: (arrived: number, count: number) => void,
): () => void {
  let shown = video.currentTime;
  let handle = 0;
  const next = () => {
    handle = requestAnimationFrame(next);
    if (video.currentTime === shown || video.seeking) return;
    shown = video.currentTime;
    onframe(performance.now(), 1);
  };
  handle = requestAnimationFrame(next);
  return () => cancelAnimationFrame(handle);
}
