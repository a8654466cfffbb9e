import {
  checkFunction,
  checkInteger,
  checkOneOf,
  checkPositive,
  checkSignal,
} from './base/checks.js';
import { DEFAULT_TIMEOUT_MS } from './base/stall.js';
import { resolveEncoding } from './image/encode.js';
import { STREAM_TYPES } from './image/file-stream.js';
import type { SinkOptions } from './image/output.js';
import { familyMembers } from './load/families.js';
import { type Integrity, parseIntegrity } from './load/integrity.js';
import { type Metadata, toMetadata } from './load/picture-options.js';
import type {
  AlphaMode,
  CreateOptions,
  EstimateOptions,
  ModelChoices,
  OutputKind,
  OverlapOption,
  ProgressCallback,
  RunOptions,
  TargetSize,
  UpscaleOptions,
} from './types.js';
import { VARIANTS } from './variants.js';

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

// More workers than this only cost memory on the machines there are.
const MOST_WORKERS = 64;
const DEFAULT_MOST_WORKERS = 8;

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

/** {@link CreateOptions} whose choices are checked and filled in; sources stay as they are. */
export interface ResolvedCreate extends CreateOptions {
  model: NonNullable<CreateOptions['model']>;
  workers: number;
  variant: NonNullable<CreateOptions['variant']>;
  timeout: number;
  /** What the model's bytes must be. */
  hashes: Integrity | undefined;
  /** What {@link CreateOptions} say about pixels. */
  metadata: Metadata;
}

function defaultWorkers(): number {
  const scope: { navigator?: { hardwareConcurrency?: number } } = globalThis;
  return Math.min(scope.navigator?.hardwareConcurrency ?? 1, DEFAULT_MOST_WORKERS);
}

/**
 * @throws TypeError or RangeError that names the option.
 */
export function resolveCreate(options: CreateOptions = {}): ResolvedCreate {
  const workers = checkInteger('workers', options.workers ?? defaultWorkers(), 1);
  if (workers > MOST_WORKERS) throw new RangeError(`workers must be at most ${MOST_WORKERS}`);
  if (options.tileSize !== undefined) checkInteger('tileSize', options.tileSize, 1);
  checkOverlap(options.overlap);
  if (options.idleTimeout !== undefined) checkPositive('idleTimeout', options.idleTimeout);
  checkSignal(options.signal);
  checkFunction('onprogress', options.onprogress);
  checkFunction('createWorker', options.createWorker);
  checkFunction('fetch', options.fetch);
  checkChoices(options);
  return {
    ...options,
    model: options.model ?? 'photo-x2',
    workers,
    variant: checkOneOf('variant', options.variant ?? 'auto', ['auto', ...VARIANTS]),
    timeout: checkPositive('timeout', options.timeout ?? DEFAULT_TIMEOUT_MS),
    hashes: resolveIntegrity(options),
    metadata: toMetadata(options),
  };
}

/** @throws TypeError. */
function resolveIntegrity({ integrity, model }: CreateOptions): Integrity | undefined {
  if (integrity === undefined) return undefined;
  if (typeof model === 'string' && familyMembers(model).length > 0) {
    throw new TypeError(`integrity is of one file, and '${model}' names several: name one model`);
  }
  return parseIntegrity(integrity);
}

/** @throws TypeError. */
function checkChoices({ output, inputs }: ModelChoices): void {
  if (output !== undefined && typeof output !== 'string') {
    throw new TypeError('output must be the name of an output of the model');
  }
  for (const [name, value] of Object.entries(inputs ?? {})) {
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (numbers.every(Number.isFinite)) continue;
    throw new TypeError(`inputs: '${name}' must be a finite number, or an array of them`);
  }
}

/** @throws TypeError or RangeError. */
function checkOverlap(overlap: OverlapOption | undefined): OverlapOption | undefined {
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
  fallback: Pick<CreateOptions, 'tileSize' | 'overlap'> = {},
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
  return options;
}
