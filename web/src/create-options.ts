import {
  checkFunction,
  checkInteger,
  checkOneOf,
  checkPositive,
  checkSignal,
} from './base/checks.js';
import { DEFAULT_TIMEOUT_MS } from './base/stall.js';
import type { AbortSignal, MessagePort } from './host-types.js';
import { familyMembers } from './load/families.js';
import { type Integrity, parseIntegrity } from './load/integrity.js';
import { type Metadata, toMetadata } from './load/picture-options.js';
import { checkOverlap } from './options.js';
import { checkPool, type Pool } from './pool/pool.js';
import { resolvePool } from './pool/pool-options.js';
import { type ResolvedQuantize, resolveQuantize } from './quantize/options.js';
import type {
  LoadPhase,
  ModelChoices,
  ModelSource,
  OverlapOption,
  PictureOptions,
  PoolOptions,
  QuantizeOptions,
} from './types.js';
import type { CoreKind } from './variants.js';

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
  /**
   * Whether an int8 network is made of a float one, which then runs in its place: several times as fast, nearly the same
   * results. It is made in a worker, in some seconds, and kept for the next visit. Until it is there the float network runs;
   * {@link UpscalerInfo.quantization} says what became of it. Default false.
   */
  quantize?: 'auto' | false | QuantizeOptions | undefined;
  /**
   * A port of an upscaler elsewhere, whose model and workers are used: see {@link Upscaler.connect},
   * which also says what can be chosen beside it.
   */
  port?: MessagePort | undefined;
  /**
   * How much of the library is loaded. Default `auto`: the lean core for a model by name, as it comes, and the full one for all
   * others. `lean` is for networks of your own that are made as the shipped ones are, quantized plain convolutions; what it
   * cannot run is refused.
   */
  core?: CoreKind | 'auto' | undefined;
  /** Default for {@link RunOptions.tileSize}. */
  tileSize?: number | undefined;
  /** Default for {@link RunOptions.overlap}. */
  overlap?: OverlapOption | undefined;
  /** Cancels the loading. */
  signal?: AbortSignal | undefined;
  /** The loaded part in [0, 1]: never falling, and exactly 1 once, last. */
  onprogress?: ((fraction: number, phase: LoadPhase) => void) | undefined;
}

/** What can be chosen for {@link Upscaler.connect}. */
export type ConnectOptions = Pick<
  CreateOptions,
  'tileSize' | 'overlap' | 'signal' | 'timeout' | 'fetch'
>;

/** {@link CreateOptions} whose choices are checked and filled in; sources stay as they are. */
export interface ResolvedCreate extends CreateOptions {
  model: NonNullable<CreateOptions['model']>;
  timeout: number;
  /** What the model's bytes must be. */
  hashes: Integrity | undefined;
  /** What {@link CreateOptions} say about pixels. */
  metadata: Metadata;
  /** How to make the network int8, where that is asked for. */
  quantizing: ResolvedQuantize | undefined;
}

// What a pool has decided already. The rest also has to do with models and pictures.
const OF_POOLS: readonly (keyof PoolOptions)[] = [
  'workers',
  'variant',
  'idleTimeout',
  'workerUrl',
  'wasmUrl',
  'createWorker',
];
// What an upscaler at the other end of a port leaves to choose.
const BESIDE_PORTS: readonly (keyof CreateOptions)[] = [
  'port',
  'tileSize',
  'overlap',
  'signal',
  'timeout',
  'fetch',
];

/**
 * @throws TypeError or RangeError that names the option.
 */
export function resolveCreate(options: CreateOptions = {}): ResolvedCreate {
  checkSource(options);
  if (options.tileSize !== undefined) checkInteger('tileSize', options.tileSize, 1);
  checkOverlap(options.overlap);
  checkSignal(options.signal);
  checkFunction('onprogress', options.onprogress);
  checkFunction('fetch', options.fetch);
  checkOneOf('core', options.core ?? 'auto', ['auto', 'lean', 'full']);
  checkChoices(options);
  return {
    ...options,
    model: options.model ?? 'photo-x2',
    timeout: checkPositive('timeout', options.timeout ?? DEFAULT_TIMEOUT_MS),
    hashes: resolveIntegrity(options),
    metadata: toMetadata(options),
    quantizing: resolveQuantize(options.quantize),
  };
}

/**
 * Checks where workers come from: a port, a pool, or neither.
 *
 * @throws TypeError or RangeError.
 */
function checkSource(options: CreateOptions): void {
  const { port, pool } = options;
  const given = (Object.keys(options) as (keyof CreateOptions)[]).filter(
    (name) => options[name] !== undefined,
  );
  if (port !== undefined) {
    if (typeof port.start !== 'function') throw new TypeError('port must be a MessagePort');
    refuse(
      given.filter((name) => !BESIDE_PORTS.includes(name)),
      'the upscaler at the other end of the port',
    );
  } else if (pool !== undefined) {
    checkPool(pool);
    const ofPools: readonly string[] = OF_POOLS;
    refuse(
      given.filter((name) => ofPools.includes(name)),
      'the pool that is given',
    );
  } else {
    resolvePool(options);
  }
}

/** @throws TypeError if there are any. */
function refuse(options: readonly string[], chooser: string): void {
  if (options.length === 0) return;
  throw new TypeError(`${options.join(', ')}: ${chooser} has chosen already`);
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
