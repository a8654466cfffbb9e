import { byId, contextOf, makeCanvas } from '../base/dom.js';
import { download } from '../base/download.js';
import type { Job } from './job.js';

/** Ends of file names, by the formats that are offered. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/avif': 'avif',
};

/** Of the formats that lose something: little of it. */
const QUALITY = 0.92;

function toFile(canvas: HTMLCanvasElement, type: string): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
}

/** The picture on white: JPEG has no transparency, and browsers would make it black. */
function onWhite(picture: HTMLCanvasElement): HTMLCanvasElement {
  const { canvas, context } = makeCanvas(picture.width, picture.height);
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0);
  return canvas;
}

async function encode(job: Job, type: string): Promise<File> {
  const picture = await job.result();
  if (!picture) throw new Error('There is no result yet.');
  const file = await toFile(type === 'image/jpeg' ? onWhite(picture) : picture, type);
  if (file?.type !== type) {
    throw new Error('The result is too large for this browser to save. Use a smaller picture.');
  }
  const name = job.name.replace(/\.[^.]*$/, '') || 'picture';
  const suffix = job.figures?.scale === 1 ? 'repaired' : 'enlarged';
  return new File([file], `${name}-${suffix}.${ENDINGS[type]}`, { type });
}

/** Saves, copies and shares results, in the format that is chosen. */
export class Saver {
  readonly #format = byId('format', HTMLSelectElement);

  constructor() {
    void this.#offerFormats();
    const probe = new File([], 'picture.png', { type: 'image/png' });
    byId('share', HTMLButtonElement).hidden = !navigator.canShare?.({ files: [probe] });
    byId('copy', HTMLButtonElement).hidden = !navigator.clipboard?.write;
  }

  /** Downloads a result. */
  async save(job: Job): Promise<void> {
    download(await encode(job, this.#format.value));
  }

  /** Puts a result on the clipboard, which takes PNG alone. */
  async copy(job: Job): Promise<void> {
    // A promise, since only the click itself may write: making the file takes time.
    const file = encode(job, 'image/png');
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': file })]);
  }

  /** Hands a result to another program of the device. */
  async share(job: Job): Promise<void> {
    await navigator.share({ files: [await encode(job, this.#format.value)] });
  }

  /** Leaves out what this browser cannot write: it would write PNG instead. */
  async #offerFormats(): Promise<void> {
    const { canvas } = makeCanvas(1, 1);
    contextOf(canvas).fillRect(0, 0, 1, 1);
    for (const option of [...this.#format.options]) {
      const file = await toFile(canvas, option.value);
      if (file?.type !== option.value) option.remove();
    }
  }
}
