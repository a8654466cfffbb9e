// The C++ core has the same list in src/core/status_codes.def; a unit test compares the two.
/** Every code a {@link TesseraError} can carry. */
export const ERROR_CODES = [
  'ERR_UNSUPPORTED',
  'ERR_LOAD',
  'ERR_INTEGRITY',
  'ERR_TIMEOUT',
  'ERR_MODEL_FORMAT',
  'ERR_MODEL_OP',
  'ERR_IMAGE_DECODE',
  'ERR_IMAGE_TOO_LARGE',
  'ERR_OUT_OF_MEMORY',
  'ERR_WORKER_CRASHED',
  'ERR_DISPOSED',
  'ERR_CANCELLED',
  'ERR_INVALID_ARGUMENT',
  'ERR_INTERNAL',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Facts about a failure that a program can act on, such as a URL or a limit in pixels. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What a {@link TesseraError} may carry besides its code and message. */
export interface TesseraErrorOptions {
  /** The error that led to it. */
  cause?: unknown;
  /** What {@link TesseraError.details} becomes. */
  details?: ErrorDetails;
}

// Trying again without changing anything can help after these, and only after these.
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'ERR_LOAD',
  'ERR_TIMEOUT',
  'ERR_OUT_OF_MEMORY',
  'ERR_WORKER_CRASHED',
]);

/**
 * Every failure that is neither misuse (`TypeError`, `RangeError`), an abort (`signal.reason`), nor
 * a tainted canvas (`SecurityError`).
 *
 * @example
 * ```ts
 * try {
 *   await upscaler.upscale(file);
 * } catch (error) {
 *   if (!(error instanceof TesseraError && error.retryable)) throw error;
 *   await upscaler.upscale(file);
 * }
 * ```
 */
export class TesseraError extends Error {
  /** Says that it is one, where classes of two copies of the library differ. */
  override readonly name = 'TesseraError';
  /** What went wrong, stable across versions. */
  readonly code: ErrorCode;
  /** Facts such as `url`, `bytes` or `limit`; which ones depends on the code. */
  readonly details: ErrorDetails;
  /** Whether the same call may succeed when it is repeated unchanged. */
  readonly retryable: boolean;

  /** Made by the library. */
  constructor(code: ErrorCode, message: string, options: TesseraErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = RETRYABLE.has(code);
  }
}

/** A {@link TesseraError} as it crosses a worker boundary, where classes do not survive. */
export interface WireError {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
}

function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code);
}

/** The code as this library knows it; a code from a newer core becomes `ERR_INTERNAL`. */
export function toErrorCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'ERR_INTERNAL';
}

/** Any thrown value as one line of text. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

export function toWireError(error: unknown): WireError {
  if (error instanceof TesseraError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  return { code: 'ERR_INTERNAL', message: describe(error), details: {} };
}

export function fromWireError(error: WireError): TesseraError {
  return new TesseraError(error.code, error.message, { details: error.details });
}
