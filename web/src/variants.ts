import { TesseraError } from './errors.js';

/** The builds of the core, slowest first within those that need no special headers. */
export const VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'] as const;

/**
 * A build of the core: `relaxed` uses the relaxed SIMD instructions, `-mt` shares memory between
 * threads.
 */
export type Variant = (typeof VARIANTS)[number];

/**
 * How much of a build is loaded: `lean` runs the models that come with the library, as they come; `full` runs every
 * network, and is twice as large.
 */
export type CoreKind = 'lean' | 'full';

/** What the files of a core are called by: a build, less of it, or `simd` with the quantizer. */
export type CoreName = Variant | 'simd-lean' | 'relaxed-lean' | 'quantizer';

/** The core of a build; those with threads are only there in full. */
export function coreOf(variant: Variant, kind: CoreKind): { kind: CoreKind; name: CoreName } {
  return kind === 'lean' && (variant === 'simd' || variant === 'relaxed')
    ? { kind, name: `${variant}-lean` }
    : { kind: 'full', name: variant };
}

/** Whether a core runs what needs one of the other kind. */
export function runsOn(core: CoreKind, needed: CoreKind): boolean {
  return core === 'full' || needed === 'lean';
}

/** Which build runs here, why, and what this host could run. */
export interface VariantReport {
  /** The build that runs. */
  variant: Variant;
  /** Why this one, in words. */
  reason: string;
  /** Per build: an empty string when it can run here, otherwise what is missing. */
  unavailable: Readonly<Record<Variant, string>>;
}

/** What decides. */
export interface HostFeatures {
  webAssembly: boolean;
  simd: boolean;
  relaxedSimd: boolean;
  sharedMemory: boolean;
}

// (module (func (param v128 v128 v128) (result v128) local.get 0..2 <opcode>)): both instructions
// asked about take three vectors, so one skeleton serves.
function ternaryVectorModule(opcode: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, ...opcode, 0x0b];
  const code = [1, body.length, ...body];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[0x01, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
    ...[0x03, 2, 1, 0],
    ...[0x0a, code.length, ...code],
  );
}

const V128_BITSELECT = [0x52];
const I32X4_RELAXED_DOT_I8X16_ADD = [0x93, 0x02];

/** What this host can run. Works in pages, workers and Node. */
export function detectFeatures(): HostFeatures {
  const scope: { crossOriginIsolated?: boolean; process?: { versions?: { node?: string } } } =
    globalThis;
  const inNode = scope.process?.versions?.node !== undefined;
  // iOS in Lockdown Mode has none.
  const webAssembly = typeof WebAssembly !== 'undefined';
  const takes = (opcode: readonly number[]) =>
    webAssembly && WebAssembly.validate(ternaryVectorModule(opcode));
  return {
    webAssembly,
    simd: takes(V128_BITSELECT),
    relaxedSimd: takes(I32X4_RELAXED_DOT_I8X16_ADD),
    // A page without cross-origin isolation may have the constructor, yet cannot post the memory.
    sharedMemory:
      typeof SharedArrayBuffer !== 'undefined' && (scope.crossOriginIsolated === true || inNode),
  };
}

function missing(variant: Variant, host: HostFeatures): string {
  if (!host.webAssembly) {
    return 'this host has no WebAssembly; Lockdown Mode and some company policies turn it off';
  }
  if (!host.simd) return 'this host has no WebAssembly SIMD';
  if (variant.startsWith('relaxed') && !host.relaxedSimd) {
    return 'this host has no WebAssembly relaxed SIMD';
  }
  if (variant.endsWith('-mt') && !host.sharedMemory) {
    return (
      'threads need shared memory, which needs cross-origin isolation: serve the page with ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
    );
  }
  return '';
}

/**
 * Chooses the build. `auto` takes tiles in parallel without threads: it needs no headers, and a
 * tile is too small a piece of work for threads to beat that.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` when nothing fits, or the one asked for does not.
 */
export function chooseVariant(
  wanted: Variant | 'auto',
  host: HostFeatures = detectFeatures(),
): VariantReport {
  const unavailable = Object.fromEntries(
    VARIANTS.map((variant) => [variant, missing(variant, host)]),
  ) as Record<Variant, string>;
  if (wanted !== 'auto') {
    if (unavailable[wanted] !== '') {
      throw new TesseraError(
        'ERR_UNSUPPORTED',
        `variant '${wanted}' cannot run: ${unavailable[wanted]}`,
        { details: { variant: wanted, unavailable } },
      );
    }
    return { variant: wanted, reason: 'asked for', unavailable };
  }
  if (unavailable.relaxed === '') {
    return { variant: 'relaxed', reason: 'relaxed SIMD is available', unavailable };
  }
  if (unavailable.simd === '') {
    return { variant: 'simd', reason: unavailable.relaxed, unavailable };
  }
  throw new TesseraError('ERR_UNSUPPORTED', `nothing can run: ${unavailable.simd}`, {
    details: { unavailable },
  });
}
