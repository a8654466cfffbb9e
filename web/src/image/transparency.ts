import { finishInTurns } from '../base/turns.js';
import type { SourceImage } from './source.js';

// Of a whole pixel read as one little-endian number: with full alpha it is at least this.
const OPAQUE_BLACK = 0xff000000;
// What is looked at in one task.
const STEP_PIXELS = 1024 * 1024;

function* seekingTransparency({ data, channels }: SourceImage): Generator<undefined, boolean> {
  if (channels === 3) return false;
  // Views into a longer buffer may begin within a word.
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  const pixels = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  for (let i = 0; i < pixels.length; i++) {
    if ((pixels[i] as number) < OPAQUE_BLACK) return true;
    if (i % STEP_PIXELS === STEP_PIXELS - 1) yield;
  }
  return false;
}

/** Whether any pixel lets something through. */
export const hasTransparency = (
  image: SourceImage,
  signal?: AbortSignal | undefined,
): Promise<boolean> => finishInTurns(seekingTransparency(image), signal);
