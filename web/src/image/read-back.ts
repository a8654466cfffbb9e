/** Some browsers change what a page reads from a canvas, as a guard against fingerprinting. */
import { contextOf, makeCanvas } from './canvas.js';

const EDGE = 32;

/** Known colours, opaque, many different ones. */
export function testCard(): ImageData {
  const card = new ImageData(EDGE, EDGE);
  for (let i = 0; i < card.data.length; i += 4) {
    card.data.set([(i * 7) % 256, (i * 13 + 90) % 256, (i >> 4) % 256, 255], i);
  }
  return card;
}

/**
 * Whether known colours come back from a canvas. Asked anew for each picture, since a visitor may
 * allow it at any time.
 */
export function readsTruly(): boolean {
  const known = testCard();
  const context = contextOf(makeCanvas(EDGE, EDGE), { willReadFrequently: true });
  context.putImageData(known, 0, 0);
  const found = context.getImageData(0, 0, EDGE, EDGE).data;
  return known.data.every((byte, i) => byte === found[i]);
}
