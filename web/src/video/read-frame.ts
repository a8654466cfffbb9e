/** Frames of a video, as bytes. */
import { copyFrame, readNow } from '../image/drawable.js';
import { allocatePixels, checkImageSize, type SourceImage } from '../image/source.js';

/** A frame that is held, and read when its turn has come. */
export interface HeldFrame {
  /** When it came, in milliseconds of `performance.now()`. */
  arrived: number;
  read(): Promise<SourceImage>;
  /** Gives it back to the decoder, which has only a few. */
  close(): void;
}

/**
 * Holds the frame that an element shows; undefined while it has data, but has shown none of it.
 *
 * @throws DOMException `SecurityError` when the page may not read it.
 */
export function holdFrame(video: HTMLVideoElement, arrived: number): HeldFrame | undefined {
  const { videoWidth, videoHeight } = video;
  if (typeof VideoFrame === 'undefined') {
    const reading = readNow(video, videoWidth, videoHeight);
    reading.catch(() => {});
    return { arrived, read: () => reading, close() {} };
  }
  try {
    const frame = new VideoFrame(video);
    return { arrived, read: () => readFrame(frame), close: () => frame.close() };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'InvalidStateError') return undefined;
    throw error;
  }
}

/** Reads a frame as it is to be shown, upright, in RGBA; what is transparent is not kept. */
export async function readFrame(frame: VideoFrame): Promise<SourceImage> {
  const { displayWidth: width, displayHeight: height } = frame;
  checkImageSize(width, height);
  if (isPlain(frame)) {
    const data = allocatePixels('a frame', width, height);
    // Not every browser converts colours on the way.
    const copied = await copyFrame(frame, data, width).then(
      () => true,
      () => false,
    );
    if (copied) return { data, width, height, channels: 4 };
  }
  return readNow(frame, width, height);
}

/** Whether its pixels are those that are to be shown: not turned, mirrored or stretched. */
function isPlain(frame: VideoFrame): boolean {
  const { displayWidth, displayHeight, visibleRect } = frame;
  const { rotation = 0, flip = false } = frame as { rotation?: number; flip?: boolean };
  const stretched = visibleRect?.width !== displayWidth || visibleRect.height !== displayHeight;
  return !stretched && rotation === 0 && !flip;
}
