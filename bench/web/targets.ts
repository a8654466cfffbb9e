// How much faster than each peer we want to be: what the ratios are printed beside.

import type { Ratio } from '../lib/results.ts';

/** In Chromium. By peer and network: a tile's time there by its time here, with one thread and with two. */
const TILE: Record<string, Record<string, [one: number, two: number]>> = {
  litert: { plain32: [1.2, 1.2], srvgg16: [1.15, 1.15], srresnet: [1.5, 1.5] },
  'onnxruntime-web': { plain32: [2.8, 2.8], srvgg16: [2.4, 2.4], srresnet: [3.8, 3.8] },
  'tfjs-wasm': { plain32: [6, 8], srvgg16: [5, 8], srresnet: [6, 8] },
};

/** Starting must be no slower than any peer, with a warm cache. */
const START_WARM = 1;

/** A whole picture of 0.7 megapixels or more, by network; UpscalerJS with its default model. */
const PICTURE: Record<string, Record<string, number>> = {
  'photo-x2': { litert: 1.3, 'onnxruntime-web': 3, 'tfjs-wasm': 6 },
  'default-model': { upscaler: 8 },
};

/** Null where nothing was promised. */
export function targetOf({ workload, browser, peer, net, threads, pixels }: Ratio): number | null {
  if (browser !== 'chromium') return null;
  if (workload === 'startup-warm') return START_WARM;
  if (workload === 'picture') return pixels > 7e5 ? (PICTURE[net]?.[peer] ?? null) : null;
  if (workload !== 'tile' || threads > 2) return null;
  return TILE[peer]?.[net]?.[threads - 1] ?? null;
}
