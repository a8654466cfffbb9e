import { checkFunction, checkInteger, checkPositive, checkSignal } from './base/checks.js';
import { DEFAULT_TIMEOUT_MS } from './base/stall.js';
import { familyMembers } from './load/families.js';
import { type Integrity, parseIntegrity } from './load/integrity.js';
import { type Metadata, toMetadata } from './load/picture-options.js';
import { checkOverlap } from './options.js';
import { checkPool, type Pool } from './pool/pool.js';
import { resolvePool } from './pool/pool-options.js';
import type {
  LoadPhase,
  ModelChoices,
  ModelSource,
  OverlapOption,
  PictureOptions,
  PoolOptions,
} from './types.js';

/** What can be chosen for {@link Upscaler.create}. */
export interface CreateOptions extends PictureOptions, ModelChoices, PoolOptions {
  /**
   * Default `photo-x2`. A shipped model is checked against the SHA-256 that the library knows of it; where a browser has no
   * SHA-256 (neither https nor localhost), only the length is.
   */
  model?: ModelSource | undefined;
  /**
   * What the model's bytes must be, as in HTML: `sha256-`, `sha384-` or `sha512-` and the digest in
   * base64. Another file is `ERR_INTEGRITY`.
   */
  integrity?: string | undefined;
  /**
   * Whose workers run the model. Default: those of all upscalers that were given no pool and the same
   * {@link PoolOptions}, which end with the last of them.
   */
  pool?: Pool | undefined;
  /** Default for {@link RunOptions.tileSize}. */
  tileSize?: number | undefined;
  /** Default for {@link RunOptions.overlap}. */
  overlap?: OverlapOption | undefined;
  /** Cancels the loading. */
  signal?: AbortSignal | undefined;
  /** The loaded part in [0, 1]: never falling, and exactly 1 once, last. */
  onprogress?: ((fraction: number, phase: LoadPhase) => void) | undefined;
}

/** {@link CreateOptions} whose choices are checked and filled in; sources stay as they are. */
export interface ResolvedCreate extends CreateOptions {
  model: NonNullable<CreateOptions['model']>;
  timeout: number;
  /** What the model's bytes must be. */
  hashes: Integrity | undefined;
  /** What {@link CreateOptions} say about pixels. */
  metadata: Metadata;
}

// What a pool has decided already. The rest also has to do with models and pictures.
const OF_POOLS = [
  'workers',
  'variant',
  'idleTimeout',
  'workerUrl',
  'wasmUrl',
  'createWorker',
] as const;

/**
 * @throws TypeError or RangeError that names the option.
 */
export function resolveCreate(options: CreateOptions = {}): ResolvedCreate {
  if (options.pool === undefined) {
    resolvePool(options);
  } else {
    checkPool(options.pool);
    refusePoolOptions(options);
  }
  if (options.tileSize !== undefined) checkInteger('tileSize', options.tileSize, 1);
  checkOverlap(options.overlap);
  checkSignal(options.signal);
  checkFunction('onprogress', options.onprogress);
  checkFunction('fetch', options.fetch);
  checkChoices(options);
  return {
    ...options,
    model: options.model ?? 'photo-x2',
    timeout: checkPositive('timeout', options.timeout ?? DEFAULT_TIMEOUT_MS),
    hashes: resolveIntegrity(options),
    metadata: toMetadata(options),
  };
}

/** @throws TypeError. */
function refusePoolOptions(options: CreateOptions): void {
  const twice = OF_POOLS.filter((name) => options[name] !== undefined);
  if (twice.length === 0) return;
  throw new TypeError(`${twice.join(', ')}: the pool that is given has chosen already`);
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
