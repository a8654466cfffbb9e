import { checkFunction, checkPositive, checkSignal } from '../base/checks.js';
import type { QuantizeOptions } from '../types.js';

/**
 * An error of 40 dB beside one of 30 dB, which is what good networks leave of photos, costs 0.4 dB; one of 45 dB would
 * cost 0.1.
 */
const DEFAULT_LEAST_PSNR = 40;

/** {@link QuantizeOptions} whose choices are checked and filled in. */
export interface ResolvedQuantize extends QuantizeOptions {
  images: NonNullable<QuantizeOptions['images']>;
  minPsnr: number;
  keep: boolean;
}

/**
 * @returns undefined when nothing is to be quantized
 * @throws TypeError or RangeError that names the option.
 */
export function resolveQuantize(
  option: 'auto' | false | QuantizeOptions | undefined,
): ResolvedQuantize | undefined {
  if (option === undefined || option === false) return undefined;
  if (option !== 'auto' && (typeof option !== 'object' || option === null)) {
    throw new TypeError("quantize must be 'auto', false, or options such as { images }");
  }
  const { images = [], minPsnr, keep = true, signal, onprogress } = option === 'auto' ? {} : option;
  if (!Array.isArray(images)) throw new TypeError('quantize.images must be an array of images');
  return {
    images,
    minPsnr: checkPositive('quantize.minPsnr', minPsnr ?? DEFAULT_LEAST_PSNR),
    keep,
    signal: checkSignal(signal),
    onprogress: checkFunction('quantize.onprogress', onprogress),
  };
}
