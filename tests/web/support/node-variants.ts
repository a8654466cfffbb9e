// The builds of the core that Node can run.
import { setFlagsFromString } from 'node:v8';
import {
  chooseVariant,
  detectFeatures,
  VARIANTS,
  type Variant,
} from '../../../web/src/variants.ts';

// Node 20 has relaxed SIMD, but behind a flag, and its baseline compiler (Liftoff of V8 11.3) gets
// the dot product of some kernels wrong: pictures came out as garbage until the optimising compiler
// took over. Today's browsers do not; tests/web/browser/quantized-same-bytes.test.ts looks at each
// compiler on its own.
if (!detectFeatures().relaxedSimd) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  setFlagsFromString('--no-liftoff');
}

/** Every build that runs here; `relaxed` among them, whatever the version of Node. */
export const NODE_VARIANTS: readonly Variant[] = VARIANTS.filter(
  (variant) => chooseVariant('simd').unavailable[variant] === '',
);
