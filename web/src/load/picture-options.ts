import { checkInteger, checkOneOf } from '../base/checks.js';
import type { PictureOptions } from '../types.js';

/** What a network's channels may be. */
export const COLORS = ['rgb', 'bgr', 'y', 'y-full', 'gray'] as const;
/** The orders that a file's tensors may have. */
export const LAYOUTS = ['nchw', 'nhwc'] as const;

/** Entries of a model file's metadata, by key. */
export type Metadata = Readonly<Record<string, string>>;

function checkNumbers(name: string, value: unknown, lengths: readonly number[]): number[] {
  if (!Array.isArray(value) || value.some((number) => typeof number !== 'number')) {
    throw new TypeError(`${name} must be an array of numbers`);
  }
  if (!lengths.includes(value.length)) {
    throw new RangeError(`${name} must have ${lengths.join(' or ')} numbers, not ${value.length}`);
  }
  if (!value.every(Number.isFinite)) throw new RangeError(`${name} must be finite numbers`);
  return value;
}

function checkRange(name: string, value: unknown): number[] {
  const range = checkNumbers(name, value, [2]);
  const [low, high] = range as [number, number];
  if (low < high) return range;
  throw new RangeError(`${name} must increase, unlike ${low}, ${high}`);
}

/** One number for all channels, or one for each. */
function checkPerChannel(name: string, value: unknown): number[] {
  return typeof value === 'number'
    ? checkNumbers(name, [value], [1])
    : checkNumbers(name, value, [1, 3, 4]);
}

function checkDeviations(name: string, value: unknown): number[] {
  const deviations = checkPerChannel(name, value);
  if (deviations.every((deviation) => deviation > 0)) return deviations;
  throw new RangeError(`${name} must be positive`);
}

// As far as the core extends an image.
const MOST_BORDER = 64;

function checkBorder(name: string, value: unknown): number {
  const border = checkInteger(name, value, 0);
  if (border <= MOST_BORDER) return border;
  throw new RangeError(`${name} must be at most ${MOST_BORDER}, not ${border}`);
}

/**
 * What the options say, as a model file's metadata says it.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function toMetadata(options: PictureOptions): Metadata {
  const metadata: Record<string, string> = {};
  const add = <T>(key: string, value: T | undefined, format: (value: T) => string) => {
    if (value !== undefined) metadata[`tessera.${key}`] = format(value);
  };
  add('color', options.color, (color) => checkOneOf('color', color, COLORS));
  add('layout', options.layout, (layout) => checkOneOf('layout', layout, LAYOUTS));
  add('input_range', options.inputRange, (range) => checkRange('inputRange', range).join());
  add('output_range', options.outputRange, (range) => checkRange('outputRange', range).join());
  add('mean', options.mean, (mean) => checkPerChannel('mean', mean).join());
  add('std', options.std, (std) => checkDeviations('std', std).join());
  add('border', options.border, (border) => String(checkBorder('border', border)));
  return metadata;
}
