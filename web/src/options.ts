import {
  checkFunction,
  checkInteger,
  checkOneOf,
  checkPositive,
  checkSignal,
} from './base/checks.js';
import { resolveEncoding } from './image/encode.js';
import { STREAM_TYPES } from './image/file-stream.js';
import type { SinkOptions } from './image/output.js';
import type {
  AlphaMode,
  EstimateOptions,
  OutputKind,
  OverlapOption,
  ProgressCallback,
  RunOptions,
  TargetSize,
  UpscaleOptions,
} from './types.js';

/** The forms of result there are. */
export const OUTPUT_KINDS = [
  'imagedata',
  'imagebitmap',
  'blob',
  'base64',
  'canvas',
  'raw',
  'stream',
] as const;

/** {@link RunOptions} with every default filled in. */
export interface ResolvedRun {
  tileSize: number | undefined;
  overlap: OverlapOption | undefined;
  alpha: AlphaMode;
  /** Undefined: the network's own scale. */
  target: TargetSize | undefined;
  focus: RunOptions['focus'];
  key: string | undefined;
  priority: number;
  transfer: boolean;
  signal: AbortSignal | undefined;
  onprogress: ProgressCallback | undefined;
}

// The ways to say a size; `fit` belongs to the last.
const SIZES = [['scale'], ['maxPixels'], ['width', 'height']] as const;

/**
 * The size that is asked for, if any.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function resolveTarget(options: TargetSize): TargetSize | undefined {
  const given = SIZES.filter((names) => names.some((name) => options[name] !== undefined));
  if (given.length > 1) {
    throw new RangeError(`name one size of the result, not both ${given.join(' and ')}`);
  }
  const { scale, maxPixels, width, height, fit } = options;
  if (scale !== undefined && !(checkPositive('scale', scale) >= 1 && Number.isFinite(scale))) {
    throw new RangeError(`scale must be at least 1, not ${scale}`);
  }
  if (maxPixels !== undefined) checkPositive('maxPixels', maxPixels);
  if (width !== undefined) checkInteger('width', width, 1);
  if (height !== undefined) checkInteger('height', height, 1);
  if (fit !== undefined) checkOneOf('fit', fit, ['contain', 'cover', 'fill']);
  return given.length === 0 ? undefined : { scale, maxPixels, width, height, fit };
}

function resolveFocus(focus: RunOptions['focus']): RunOptions['focus'] {
  if (focus === undefined || focus === 'center') return focus;
  if (Number.isFinite(focus?.x) && Number.isFinite(focus.y)) return focus;
  throw new TypeError("focus must be {x, y} in input pixels, or 'center'");
}

/** How {@link Upscaler.upscale} is to give its result. */
export interface ResolvedOutput<K extends OutputKind> extends SinkOptions {
  kind: K;
}

/** @throws TypeError or RangeError. */
export function checkOverlap(overlap: OverlapOption | undefined): OverlapOption | undefined {
  if (overlap === undefined || overlap === 'exact') return overlap;
  if (typeof overlap === 'number') return checkInteger('overlap', overlap, 0);
  throw new TypeError("overlap must be 'exact' or a number of pixels");
}

/**
 * @param fallback - the upscaler's own choices, for runs that name none
 * @throws TypeError or RangeError that names the option.
 */
export function resolveRun(
  options: UpscaleOptions,
  fallback: Pick<RunOptions, 'tileSize' | 'overlap'> = {},
): ResolvedRun {
  const tileSize = options.tileSize ?? options.patchSize ?? fallback.tileSize;
  const priority = options.priority ?? 0;
  if (typeof priority !== 'number' || Number.isNaN(priority)) {
    throw new TypeError('priority must be a number');
  }
  return {
    tileSize: tileSize === undefined ? undefined : checkInteger('tileSize', tileSize, 1),
    overlap: checkOverlap(options.overlap ?? fallback.overlap),
    alpha: checkOneOf('alpha', options.alpha ?? 'keep', ['keep', 'ignore']),
    target: resolveTarget(options),
    focus: resolveFocus(options.focus),
    key: options.key,
    priority,
    transfer: options.transfer ?? false,
    signal: checkSignal(options.signal),
    onprogress: checkFunction('onprogress', options.onprogress ?? options.progress),
  };
}

/**
 * The form of the result: what was asked for, or what this host has.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function resolveOutput<K extends OutputKind>(options: UpscaleOptions<K>): ResolvedOutput<K> {
  const fallback = typeof ImageData === 'undefined' ? 'raw' : 'imagedata';
  const kind = checkOneOf<string>('output', options.output ?? fallback, OUTPUT_KINDS) as K;
  const encoding = resolveEncoding(options);
  if (kind === 'stream') checkOneOf('type of a stream', encoding.type, STREAM_TYPES);
  return { kind, canvas: options.canvas, encoding };
}

/**
 * @throws TypeError or RangeError that names the option.
 */
export function checkEstimate(options: EstimateOptions): EstimateOptions {
  checkInteger('width', options.width, 1);
  checkInteger('height', options.height, 1);
  if (options.tileSize !== undefined) checkInteger('tileSize', options.tileSize, 1);
  checkOverlap(options.overlap);
  if (options.output !== undefined) checkOneOf<string>('output', options.output, OUTPUT_KINDS);
  return { ...options, target: options.target && resolveTarget(options.target) };
}
