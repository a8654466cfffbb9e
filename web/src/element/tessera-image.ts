import { ImageUpgrade, type UpgradeOptions } from './image-upgrade.js';

/** Attributes that are the image's own: what is said on the outer tag goes to the inner one. */
const PASSED = [
  ...['src', 'srcset', 'sizes', 'alt', 'width', 'height', 'loading', 'decoding'],
  ...['fetchpriority', 'crossorigin', 'referrerpolicy'],
];
const OWN = ['scale', 'model'];

// Servers know no elements; importing this there must not fail.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * `<tessera-img>`: like `<picture>` an inline box around an `<img>`, which is what the page lays out,
 * styles, prints and reads aloud. The image inside works without JavaScript; where there is none, it is
 * made of the tag's own attributes.
 *
 * Events: `upscaled`, with the new width and height as `detail`; `error`, with the reason as `error`.
 */
export class TesseraImage extends Base {
  static readonly observedAttributes = [...PASSED, ...OWN];

  readonly #children = typeof MutationObserver === 'undefined' ? undefined : this.#watch();
  /** The one that this element has made. */
  #made: HTMLImageElement | undefined;
  #upgrade: ImageUpgrade | undefined;

  #watch(): MutationObserver {
    return new MutationObserver(() => this.#adopt());
  }

  /** The image inside; null where there is none yet. */
  get image(): HTMLImageElement | null {
    const images = [...this.querySelectorAll('img')];
    return images.find((image) => image !== this.#made) ?? images[0] ?? null;
  }

  connectedCallback(): void {
    // A parser comes to the image inside after this.
    this.#children?.observe(this, { childList: true, subtree: true });
    this.#adopt();
  }

  disconnectedCallback(): void {
    this.#children?.disconnect();
    this.#end();
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (!this.isConnected) return;
    const { image } = this;
    if (OWN.includes(name) || name === 'loading') this.#end();
    if (image !== null && PASSED.includes(name)) pass(image, name, value);
    this.#adopt();
  }

  #end(): void {
    this.#upgrade?.stop();
    this.#upgrade = undefined;
  }

  /** Takes the image inside, or makes one. */
  #adopt(): void {
    if (this.image === null && this.hasAttribute('src')) {
      this.#made = document.createElement('img');
      this.append(this.#made);
    }
    const { image } = this;
    if (image !== this.#made) this.#made?.remove();
    if (image !== null && this.#upgrade?.image === image) return;
    this.#end();
    if (image === null) return;
    for (const name of PASSED)
      if (this.hasAttribute(name)) pass(image, name, this.getAttribute(name));
    this.#upgrade = new ImageUpgrade(image, this.#options(), {
      upscaled: (detail) =>
        this.dispatchEvent(new CustomEvent('upscaled', { detail, bubbles: true })),
      failed: (error) => this.dispatchEvent(new ErrorEvent('error', { error })),
    });
    this.#upgrade.start();
  }

  #options(): UpgradeOptions {
    const scale = Number.parseFloat(this.getAttribute('scale') ?? '');
    const loading = this.getAttribute('loading') === 'eager' ? 'eager' : 'lazy';
    return {
      model: this.getAttribute('model') ?? undefined,
      scale: scale >= 1 ? scale : undefined,
      loading,
    };
  }
}

function pass(image: HTMLImageElement, name: string, value: string | null): void {
  if (image.getAttribute(name) === value) return;
  if (value === null) image.removeAttribute(name);
  else image.setAttribute(name, value);
}
