/** Quantizing a network, in the thread that has a core with the quantizer. */
import { readModel } from './engine.js';
import { checkStatus, withBytes } from './memory.js';
import type { Quantized, QuantizeJob } from './protocol.js';
import type { TesseraModule, WasmModel } from './wasm-module.js';

/**
 * Quantizes a network with the help of images.
 *
 * @param threads - how many the module was started with; they change nothing but the time
 * @param onprogress - hears the finished part, in [0, 1], while this thread is busy
 * @throws TesseraError `ERR_UNSUPPORTED` or `ERR_INVALID_ARGUMENT` for what cannot be quantized,
 * `ERR_MODEL_FORMAT` for a network that computes no numbers, `ERR_OUT_OF_MEMORY`.
 */
export function quantizeModel(
  module: TesseraModule,
  { setup, settings, images }: QuantizeJob,
  threads: number,
  onprogress: (fraction: number) => void,
): Quantized {
  const model: WasmModel = new module.Model();
  const quantizer = new module.Quantizer();
  try {
    readModel(module, model, setup);
    checkStatus(quantizer.create(model, { ...settings, threads }));
    for (const { data, width, height } of images) {
      withBytes(module, data, (at) => checkStatus(quantizer.addImage(at, width, height)));
    }
    checkStatus(quantizer.finish(onprogress));
    const at = quantizer.filePointer();
    const file = new Uint8Array(module.HEAPU8.subarray(at, at + quantizer.fileBytes()));
    return { file, report: quantizer.report() };
  } finally {
    quantizer.delete();
    model.delete();
  }
}
