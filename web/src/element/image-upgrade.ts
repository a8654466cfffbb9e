import { throwIfAborted } from '../base/abort.js';
import { CHOICE, LargerPicture } from './larger-picture.js';
import { loadImage, notLoaded } from './loading.js';
import { upscalerFor } from './page-upscalers.js';
import { type ViewJob, ViewOrder } from './view-order.js';
import { isOtherKind, savesData, scaleOnPage } from './wanted-scale.js';

/** How one picture is made larger. */
export interface UpgradeOptions {
  /** Name of a shipped model or family, or a URL. Default `photo`, the family of x2, x3 and x4. */
  model?: string | undefined;
  /**
   * Output pixels per pixel of the file along an edge, at least 1. Default: as many as the screen
   * shows, from 2 to 4; a file that has enough stays as it is.
   */
  scale?: number | undefined;
  /** `lazy`, the default, waits until the picture is near what is seen. */
  loading?: 'lazy' | 'eager' | undefined;
}

/** Who hears what becomes of a picture. */
export interface UpgradeListener {
  /** The page shows the larger picture, of so many pixels. */
  upscaled(size: { width: number; height: number }): void;
  /** The page goes on showing the plain one. */
  failed(error: unknown): void;
}

/** Which picture was looked at, and how large it was made. */
interface Made {
  url: string;
  /** The pixels of its file. */
  pixels: { width: number; height: number };
  scale: number;
}

const POLICY = ': a Content-Security-Policy must allow blob: in img-src for larger pictures';

const order = new ViewOrder();

/**
 * Makes what an image element shows larger, and again whenever the page gives it another picture. Until
 * then, and after any failure, the element shows what it would have shown.
 */
export class ImageUpgrade implements ViewJob {
  readonly image: HTMLImageElement;
  readonly #options: UpgradeOptions;
  readonly #listener: UpgradeListener;
  readonly #changes = new MutationObserver((records) => this.#pageChanged(records));
  readonly #resizes = new ResizeObserver(() => this.#resized());
  /** Of the picture in work. */
  #work: AbortController | undefined;
  #larger: LargerPicture | undefined;
  #made: Made | undefined;

  constructor(image: HTMLImageElement, options: UpgradeOptions, listener: UpgradeListener) {
    this.image = image;
    this.#options = options;
    this.#listener = listener;
  }

  get eager(): boolean {
    return this.#options.loading === 'eager';
  }

  start(): void {
    if (savesData()) return;
    const { image } = this;
    image.addEventListener('load', this.#onload);
    image.addEventListener('error', this.#onerror);
    const filter = { attributes: true, attributeFilter: [...CHOICE, 'media', 'type'] };
    this.#changes.observe(image, filter);
    const picture = image.closest('picture');
    if (picture) this.#changes.observe(picture, { ...filter, childList: true, subtree: true });
    this.#resizes.observe(image);
    if (image.complete && image.naturalWidth > 0) order.add(this);
  }

  /** Leaves the element with its plain picture. */
  stop(): void {
    this.image.removeEventListener('load', this.#onload);
    this.image.removeEventListener('error', this.#onerror);
    this.#resizes.disconnect();
    this.#leave();
    this.#changes.disconnect();
  }

  readonly #onload = () => {
    if (this.#larger?.isShown) return;
    this.#leave();
    order.add(this);
  };

  readonly #onerror = () => {
    const { currentSrc } = this.image;
    this.#leave();
    this.#listener.failed(notLoaded(currentSrc));
  };

  #pageChanged(records: readonly MutationRecord[]): void {
    const own = records.filter(({ target }) => target === this.image);
    this.#leave(new Set(own.map(({ attributeName }) => String(attributeName))));
  }

  /** The page may show the picture at a size by now for which it has too few pixels. */
  #resized(): void {
    if (this.#made === undefined || this.#options.scale !== undefined) return;
    if (scaleOnPage(this.image, this.#made.pixels) > this.#made.scale) order.add(this);
  }

  /**
   * Goes back to the plain picture, and forgets what was on its way.
   *
   * @param changed - attributes that the page has set
   */
  #leave(changed?: ReadonlySet<string>): void {
    order.remove(this);
    this.#work?.abort();
    this.#made = undefined;
    this.#show(() => {
      this.#larger?.remove(changed);
      return undefined;
    });
  }

  /** Changes what is shown, without taking that for a change by the page. */
  #show(change: () => LargerPicture | undefined): void {
    this.#larger = change();
    this.#changes.takeRecords();
  }

  async run(): Promise<void> {
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    try {
      await this.#make(work.signal);
    } catch (error) {
      if (!work.signal.aborted) this.#listener.failed(error);
    }
  }

  async #make(signal: AbortSignal): Promise<void> {
    const { image } = this;
    const url = this.#made?.url ?? image.currentSrc;
    if (isOtherKind(url)) return;
    const plain = await loadImage(url, image.crossOrigin);
    const pixels = { width: plain.naturalWidth, height: plain.naturalHeight };
    const scale = this.#options.scale ?? scaleOnPage(image, pixels);
    if (!signal.aborted) this.#made = { url, pixels, scale };
    if (scale === 1 && this.#options.scale === undefined) return;
    const upscaler = await upscalerFor(this.#options.model ?? 'photo');
    const blob = await upscaler.upscale(plain, { output: 'blob', scale, signal });
    await this.#replace(blob, signal);
  }

  /** Only what can be shown takes the place of what is. */
  async #replace(blob: Blob, signal: AbortSignal): Promise<void> {
    const url = URL.createObjectURL(blob);
    try {
      const { naturalWidth: width, naturalHeight: height } = await loadImage(url, null, POLICY);
      throwIfAborted(signal);
      this.#show(() => {
        this.#larger?.remove();
        return new LargerPicture(this.image, url, width);
      });
      this.#listener.upscaled({ width, height });
    } catch (error) {
      URL.revokeObjectURL(url);
      throw error;
    }
  }
}
