import { ImageUpgrade, type UpgradeOptions } from './image-upgrade.js';

/** What {@link auto} has begun. */
export interface Auto {
  /** Goes back to the plain pictures, and looks for no more. */
  stop(): void;
}

/**
 * Makes the images of the page larger that a selector finds, now and later. Each hears `upscaled` (its
 * `detail` has the new width and height) or, since `error` is what pages wait for on images that did
 * not load, `upscaleerror` (its `error` says why).
 *
 * @param selector - of `img` elements
 * @throws DOMException `SyntaxError` for what is no selector.
 */
export function auto(selector = 'img', options: UpgradeOptions = {}): Auto {
  const upgrades = new Map<HTMLImageElement, ImageUpgrade>();
  const begin = (image: Element) => {
    if (!(image instanceof HTMLImageElement) || upgrades.has(image)) return;
    // Those have their own.
    if (image.closest('tessera-img') !== null) return;
    const upgrade = new ImageUpgrade(image, options, {
      upscaled: (detail) =>
        image.dispatchEvent(new CustomEvent('upscaled', { detail, bubbles: true })),
      failed: (error) =>
        image.dispatchEvent(new ErrorEvent('upscaleerror', { error, bubbles: true })),
    });
    upgrades.set(image, upgrade);
    upgrade.start();
  };
  const look = () => {
    document.querySelectorAll(selector).forEach(begin);
    for (const [image, upgrade] of upgrades) {
      if (image.isConnected) continue;
      upgrade.stop();
      upgrades.delete(image);
    }
  };
  look();
  const additions = new MutationObserver(look);
  additions.observe(document, { childList: true, subtree: true });
  return {
    stop() {
      additions.disconnect();
      for (const upgrade of upgrades.values()) upgrade.stop();
      upgrades.clear();
    },
  };
}
