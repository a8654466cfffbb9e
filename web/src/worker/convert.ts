/** Converting a network of another format, in a worker: large ones would keep a page waiting. */
import { describe, TesseraError, toErrorCode } from '../errors.js';
import type { ConvertRequest } from './protocol.js';

type Converter = typeof import('../convert/index.js');

/**
 * Loads the converter.
 *
 * @throws TesseraError `ERR_LOAD`.
 */
export async function importConverter(url: string): Promise<Converter> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ url);
  } catch (cause) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load ${url}, which this model needs (${describe(cause)}): put the package's dist/ folder on the server as it ` +
        'is, or convert the model once with npx tessera convert',
      { cause, details: { url } },
    );
  }
}

/** @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`; what `load` throws. */
export async function convert(
  { url, network }: ConvertRequest,
  load: typeof importConverter,
): Promise<Uint8Array<ArrayBuffer>> {
  const { toOnnx } = await load(url);
  try {
    return toOnnx(network);
  } catch (error) {
    // The module has a class of its own for these.
    const { name, code, message, details } = error as TesseraError;
    if (name !== 'TesseraError') throw error;
    throw new TesseraError(toErrorCode(code), message, { details });
  }
}
