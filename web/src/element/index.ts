/**
 * Pictures of a page, made larger as they come into view: `<tessera-img>` and {@link auto}. The library
 * itself, its core and its models are loaded when the first picture needs them.
 *
 * @example
 * import { auto } from 'tessera-sr/element'; // also defines <tessera-img>
 * auto('article img');
 *
 * @packageDocumentation
 */
import { TesseraImage } from './tessera-image.js';

export { type Auto, auto } from './auto.js';
export type { UpgradeOptions } from './image-upgrade.js';
export { configure, type PageOptions } from './page-upscalers.js';
export { TesseraImage };

if (typeof customElements !== 'undefined' && customElements.get('tessera-img') === undefined) {
  customElements.define('tessera-img', TesseraImage);
}
