import type { TilingFacts } from '../../../web/src/tiling/overlap.ts';

/** A network of three 3x3 convolutions or so, at twice the size. */
export const PLAIN: TilingFacts = {
  scale: 2,
  sizeMultiple: 1,
  wholeMultiple: 1,
  smallest: 1,
  fixedWidth: 0,
  fixedHeight: 0,
  margin: 0,
  border: 0,
  overlap: 6,
  exact: true,
  notExactBecause: '',
  tileMemory: { fixed: 1e6, perPixel: 100, perSquaredPixel: 0 },
  parameters: 20_000,
  rowFlow: null,
  noRowFlowBecause: 'the network is not quantized',
};
