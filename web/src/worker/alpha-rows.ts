/** Transparency beside a network whose rows flow: what a session does for a whole tile. */
import { allocate, checkStatus, withBytes } from './memory.js';
import type { AlphaRows } from './protocol.js';
import type { TesseraModule } from './wasm-module.js';

/** The rows that the network takes; what is transparent has the colour of what is visible nearby. */
export function networkRows(
  module: TesseraModule,
  rows: Uint8Array,
  { above, below, from: { width, height } }: AlphaRows,
): Uint8Array {
  const rowBytes = width * 4;
  return withBytes(module, rows, (at) => {
    module.bleedColor(at, width, height);
    return module.HEAPU8.slice(at + above * rowBytes, at + (height - below) * rowBytes);
  });
}

/** Writes the alpha of a result. */
export function writeAlpha(
  module: TesseraModule,
  rows: Uint8Array,
  { from, to }: AlphaRows,
  result: Uint8Array,
): void {
  const pixels = to.width * to.height;
  withBytes(module, rows, (source) => {
    const target = allocate(module, pixels);
    try {
      checkStatus(module.resizeAlphaPart(source, from, target, to));
      const heap = module.HEAPU8;
      for (let i = 0; i < pixels; i++) result[4 * i + 3] = heap[target + i] as number;
    } finally {
      module.release(target);
    }
  });
}
