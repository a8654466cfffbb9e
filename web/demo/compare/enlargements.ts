import { contextOf, makeCanvas } from '../base/dom.js';
import { type KernelName, type Part, type Pixels, resamplePart } from './resample.js';
import type { ResampledBand, ResampleRequest } from './resample-worker.js';

/** Ways to enlarge a picture that are compared, from the plainest on. */
export const METHODS = {
  nearest: 'Nearest',
  browser: 'Browser',
  bicubic: 'Bicubic',
  lanczos: 'Lanczos',
  network: 'Tessera',
} as const;

/** One of {@link METHODS}. */
export type Method = keyof typeof METHODS;

const describe = (method: Method) => `The picture enlarged by: ${METHODS[method]}`;

/** One picture, enlarged in every way; what takes time is made when it is first asked for. */
export class Enlargements {
  /** Of the result. */
  readonly width: number;
  /** Of the result. */
  readonly height: number;
  readonly #original: HTMLCanvasElement;
  readonly #canvases = new Map<Method, HTMLCanvasElement>();
  readonly #workers = new Set<Worker>();

  /**
   * @param original - of its own size
   * @param network - the network's result, which may not be drawn yet, but has its size
   */
  constructor(original: HTMLCanvasElement, network: HTMLCanvasElement) {
    this.#original = original;
    this.width = network.width;
    this.height = network.height;
    this.#add('browser', original);
    this.#add('network', network);
  }

  /** The picture by that method. An interpolation appears on it band by band. */
  canvas(method: Method): HTMLCanvasElement {
    return this.#canvases.get(method) ?? this.#add(method, this.#make(method));
  }

  /**
   * A part of the picture by that method.
   *
   * @param part - in pixels of the result, inside it
   */
  part(method: Method, part: Part): HTMLCanvasElement {
    const { canvas, context } = makeCanvas(part.width, part.height);
    if (method === 'bicubic' || method === 'lanczos') {
      const data = resamplePart(method, this.#original, this, part, (own) => this.#pixels(own));
      context.putImageData(new ImageData(data, part.width, part.height), 0, 0);
      return canvas;
    }
    const source = method === 'network' ? this.canvas('network') : this.#original;
    const [x, y] = [source.width / this.width, source.height / this.height];
    context.imageSmoothingEnabled = method === 'browser';
    context.imageSmoothingQuality = 'high';
    context.drawImage(
      source,
      ...([part.x * x, part.y * y, part.width * x, part.height * y] as const),
      ...([0, 0, part.width, part.height] as const),
    );
    return canvas;
  }

  /** Stops what is being made. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers.clear();
  }

  #add(method: Method, canvas: HTMLCanvasElement): HTMLCanvasElement {
    canvas.role = 'img';
    canvas.ariaLabel = describe(method);
    canvas.dataset.method = method;
    this.#canvases.set(method, canvas);
    return canvas;
  }

  #make(method: Method): HTMLCanvasElement {
    if (method === 'bicubic' || method === 'lanczos') return this.#interpolate(method);
    const { canvas, context } = makeCanvas(this.#original.width, this.#original.height);
    context.drawImage(this.#original, 0, 0);
    return canvas;
  }

  #interpolate(kernel: KernelName): HTMLCanvasElement {
    const { width, height } = this;
    const { canvas, context } = makeCanvas(width, height);
    const worker = new Worker(new URL('resample-worker.mjs', document.baseURI), { type: 'module' });
    this.#workers.add(worker);
    worker.addEventListener('message', ({ data: band }: MessageEvent<ResampledBand>) => {
      context.putImageData(new ImageData(band.data, width, band.height), 0, band.y);
      if (band.y + band.height < height) return;
      worker.terminate();
      this.#workers.delete(worker);
    });
    const whole = { x: 0, y: 0, width: this.#original.width, height: this.#original.height };
    const request: ResampleRequest = { kernel, source: this.#pixels(whole), width, height };
    worker.postMessage(request, [request.source.data.buffer]);
    return canvas;
  }

  #pixels({ x, y, width, height }: Part): Pixels {
    const { data } = contextOf(this.#original).getImageData(x, y, width, height);
    return { data, width, height };
  }
}
