import { make, makeCanvas } from '../base/dom.js';

/** Something that moves, and is shown as the browser enlarges it. */
export interface MovingSource {
  element: HTMLVideoElement | HTMLCanvasElement;
  /** Absent where there is nothing to pause. */
  video?: HTMLVideoElement;
  /** Lets go of file or camera. */
  close(): void;
}

function makeVideo(): HTMLVideoElement {
  const video = make('video', { muted: true, loop: true, playsInline: true });
  video.ariaLabel = 'The video as the browser enlarges it';
  return video;
}

/** @throws Error that says what to do, for what the browser cannot play */
export async function openFile(file: File): Promise<MovingSource> {
  const video = makeVideo();
  video.src = URL.createObjectURL(file);
  const close = () => {
    video.pause();
    URL.revokeObjectURL(video.src);
  };
  try {
    await video.play();
  } catch (cause) {
    close();
    throw new Error(
      `“${file.name}” is not a video that this browser can play. Try an MP4 or WebM file.`,
      { cause },
    );
  }
  return { element: video, video, close };
}

// Small, since all of it is computed anew in every frame.
const CAMERA = { video: { width: { ideal: 320 }, height: { ideal: 240 } } };

/** @throws Error that says what to do, where there is no camera or it is refused */
export async function openCamera(): Promise<MovingSource> {
  const stream = await askForCamera();
  const video = makeVideo();
  video.srcObject = stream;
  await video.play();
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  return { element: video, video, close };
}

async function askForCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch (cause) {
    const refused = cause instanceof DOMException && cause.name === 'NotAllowedError';
    throw new Error(
      refused
        ? 'The camera was refused. Allow it for this page in the browser, then try again.'
        : 'There is no camera that this page can use.',
      { cause },
    );
  }
}

// Of the window that wanders over the sample, in pixels of it.
const SEEN = { width: 240, height: 180 };
/** Milliseconds for one round. */
const ROUND = 12_000;
/** Between two frames. */
const FRAME_MS = 1000 / 15;

/** A window that wanders over the sample picture. */
export async function openSample(): Promise<MovingSource> {
  const response = await fetch('sample.webp');
  const picture = await createImageBitmap(await response.blob());
  const { canvas, context } = makeCanvas(SEEN.width, SEEN.height);
  canvas.role = 'img';
  canvas.ariaLabel = 'The video as the browser enlarges it';
  const draw = () => {
    const angle = (2 * Math.PI * performance.now()) / ROUND;
    const x = ((picture.width - SEEN.width) * (1 + Math.cos(angle))) / 2;
    const y = ((picture.height - SEEN.height) * (1 + Math.sin(2 * angle))) / 2;
    context.drawImage(picture, -x, -y);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  const close = () => {
    clearInterval(timer);
    picture.close();
  };
  return { element: canvas, close };
}
