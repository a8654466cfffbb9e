/** What is wrong with a model, as errors that say what to do. */
import { describe, TesseraError } from '../errors.js';

/** Of a file that is damaged, incomplete or not what it says. */
export function malformed(message: string): TesseraError {
  return new TesseraError('ERR_MODEL_FORMAT', message);
}

/** Of a layer or an operator that has no form here; `what` begins with its name. */
export function unsupported(what: string, advice?: string): TesseraError {
  const otherwise =
    advice ?? 'export the original network as ONNX instead (tf2onnx knows more operators)';
  return new TesseraError('ERR_MODEL_OP', `${what}, which cannot be converted; ${otherwise}`);
}

/**
 * Does a part of the work; whatever a wrong file makes fail there is an error about this part.
 *
 * @param part - such as "layer conv_1"
 */
export function within<T>(part: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause;
    throw new TesseraError(
      'ERR_MODEL_FORMAT',
      `${part} is not as its format has it (${describe(cause)}); download or export the model again`,
      { cause },
    );
  }
}
