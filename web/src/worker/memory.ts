/** Bytes in wasm memory, and what the core says of them. */
import { TesseraError, toErrorCode } from '../errors.js';
import type { TesseraModule, WasmStatus } from './wasm-module.js';

/** @throws TesseraError unless the status is OK. */
export function checkStatus(status: WasmStatus): void {
  if (status.code !== 'OK') throw new TesseraError(toErrorCode(status.code), status.message);
}

/**
 * Copies bytes into wasm memory for the length of one call.
 *
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
export function withBytes<T>(
  module: TesseraModule,
  bytes: Uint8Array | Uint8ClampedArray,
  use: (pointer: number) => T,
): T {
  const pointer = allocate(module, bytes.length);
  try {
    module.HEAPU8.set(bytes, pointer);
    return use(pointer);
  } finally {
    module.release(pointer);
  }
}

/**
 * @returns the address of `bytes` bytes of wasm memory.
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
export function allocate(module: TesseraModule, bytes: number): number {
  const pointer = module.allocate(bytes);
  if (pointer === 0) {
    throw new TesseraError('ERR_OUT_OF_MEMORY', `wasm memory has no room for ${bytes} bytes`, {
      details: { bytes },
    });
  }
  return pointer;
}
