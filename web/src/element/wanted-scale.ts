/** How much larger a picture should be, and whether it should be made larger at all. */

// Beyond this no shipped network goes in one step.
const MOST = 4;
// With fewer pixels missing nobody sees a difference.
const LEAST_GAIN = 1.05;
// What is hidden has no size on the page.
const UNSEEN_SCALE = 2;

/**
 * Whole output pixels per pixel that the picture lacks on this screen, at most 4; 1 for none.
 *
 * @param file - the picture's pixels
 */
export function scaleOnPage(
  image: HTMLImageElement,
  file: { width: number; height: number },
): number {
  const { width, height } = image.getBoundingClientRect();
  if (width === 0) return UNSEEN_SCALE;
  // One that is cropped to its box is larger than that along one edge.
  const needed = Math.max(width / file.width, height / file.height) * devicePixelRatio;
  return needed < LEAST_GAIN ? 1 : Math.min(MOST, Math.ceil(needed));
}

// Drawings have no pixels, and of an animation only the first picture would be left.
const OTHER_KINDS = /(\.(svgz?|gif|apng)$|^image\/(svg|gif|apng))/i;

/** Whether the address names a kind of picture that is left as it is. */
export const isOtherKind = (url: string): boolean =>
  OTHER_KINDS.test(new URL(url, document.baseURI).pathname);

/** Whether the visitor has asked for little to be downloaded. */
export function savesData(): boolean {
  const { connection }: { connection?: { saveData?: boolean } } = navigator as object;
  return connection?.saveData === true || matchMedia('(prefers-reduced-data: reduce)').matches;
}
