// The builds of the core that Node can run.
import { setFlagsFromString } from 'node:v8';
import {
  chooseVariant,
  detectFeatures,
  VARIANTS,
  type Variant,
} from '../../../web/src/variants.ts';

// Node 20 has relaxed SIMD, but behind a flag.
if (!detectFeatures().relaxedSimd) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Every build that runs here; `relaxed` among them, whatever the version of Node. */
export const NODE_VARIANTS: readonly Variant[] = VARIANTS.filter(
  (variant) => chooseVariant('simd').unavailable[variant] === '',
);
