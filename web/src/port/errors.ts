/** Errors on their way through a port: they arrive as what they were. */
import { describe, fromWireError, TesseraError, toWireError, type WireError } from '../errors.js';

/** Messages can carry an error of the language, such as a TypeError, but no class of ours. */
export type PortError = { own: WireError } | { other: Error };

export function packError(error: unknown): PortError {
  if (error instanceof TesseraError) return { own: toWireError(error) };
  return { other: error instanceof Error ? error : new Error(describe(error)) };
}

export function unpackError(error: PortError): Error {
  return 'own' in error ? fromWireError(error.own) : error.other;
}
