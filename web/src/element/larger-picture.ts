/** A larger file in place of what an image element shows, at the same size on the page. */

/** The attributes by which a browser chooses what an image element shows. */
export const CHOICE = ['src', 'srcset', 'sizes'] as const;

const WIDTHS = /\s\d+w\s*(,|$)/;

/**
 * Shows a file by `srcset`, with a density: the element keeps its size in CSS pixels whatever the page
 * says about its width and height, and `src` stays as it was.
 */
export class LargerPicture {
  readonly #image: HTMLImageElement;
  readonly #before: readonly [name: string, value: string | null][];
  readonly #source: HTMLSourceElement | undefined;
  /** Address of the file. */
  readonly #url: string;

  /**
   * @param url - address of the file, which is there already
   * @param width - its pixels
   */
  constructor(image: HTMLImageElement, url: string, width: number) {
    this.#image = image;
    this.#url = url;
    this.#before = CHOICE.map((name) => [name, image.getAttribute(name)]);
    const candidate = `${url} ${width}w`;
    const sizes = `${image.naturalWidth}px`;
    if (image.parentElement?.localName === 'picture') {
      // The first source that fits is taken, and this one fits always.
      this.#source = Object.assign(document.createElement('source'), { srcset: candidate, sizes });
      image.parentElement.prepend(this.#source);
      return;
    }
    // With widths, `sizes` says how wide the picture is already, to a fraction of a pixel.
    if (!WIDTHS.test(image.srcset)) image.sizes = sizes;
    image.srcset = candidate;
  }

  /** Whether it is what the element shows now. */
  get isShown(): boolean {
    return this.#image.currentSrc === this.#url;
  }

  /**
   * Shows again what was shown before.
   *
   * @param changed - attributes that the page has set meanwhile: they stay
   */
  remove(changed: ReadonlySet<string> = new Set()): void {
    // Without this step Chromium keeps the density that the widths gave.
    const holder = this.#source ?? this.#image;
    if (!changed.has('srcset') && !changed.has('sizes')) {
      holder.srcset = `${this.#url} 1x`;
      holder.removeAttribute('sizes');
    }
    this.#source?.remove();
    for (const [name, value] of this.#source ? [] : this.#before) {
      if (changed.has(name) || this.#image.getAttribute(name) === value) continue;
      if (value === null) this.#image.removeAttribute(name);
      else this.#image.setAttribute(name, value);
    }
    URL.revokeObjectURL(this.#url);
  }
}
