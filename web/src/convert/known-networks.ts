/** Networks whose files do not say what their numbers are, but which can be told by their layers. */
import type { LayersModel } from './layers-model.js';

/** Of idealo's residual dense networks, which UpscalerJS ships: they are trained on 0 to 255. */
const RESIDUAL_DENSE = ['F_0', 'F_1_1', 'LFF_1'];

/** What bytes 0 and 255 are to a network that is known; undefined for all others. */
export function knownRange({ layers }: LayersModel): [number, number] | undefined {
  const names = new Set(layers.map(({ name }) => name));
  const isKnown = RESIDUAL_DENSE.every((name) => names.has(name));
  // The other kind of network in that family is trained on 0 to 1, and has a layer of its own.
  const isScaled = layers.some(({ kind }) => kind === 'MultiplyBeta');
  return isKnown && !isScaled ? [0, 255] : undefined;
}
