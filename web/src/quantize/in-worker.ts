/** The quantizer in a worker of its own, which ends with its work: its memory comes back, and an abort is sudden. */
import { reasonOf, throwIfAborted } from '../base/abort.js';
import type { PoolParts } from '../pool/pool-parts.js';
import { toPublic } from '../pool/worker-handle.js';
import type { Quantized, QuantizeJob } from '../worker/protocol.js';

/**
 * Loads the quantizer, and quantizes a network in a worker beside those of a pool.
 *
 * @param onprogress - hears the finished part of the work, in [0, 1]
 * @throws TesseraError as `quantizeModel` does, `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_WORKER_CRASHED`; the signal's reason.
 */
export async function quantizeInWorker(
  parts: PoolParts,
  job: QuantizeJob,
  signal: AbortSignal,
  onprogress: (done: number) => void,
): Promise<Quantized> {
  try {
    const worker = await parts.startQuantizer(signal);
    const stop = () => void worker.terminate(reasonOf(signal));
    signal.addEventListener('abort', stop);
    try {
      throwIfAborted(signal);
      const { file, report } = await worker.request({ type: 'quantize', ...job }, onprogress);
      return { file, report };
    } finally {
      signal.removeEventListener('abort', stop);
      await worker.terminate(new Error('its work is done'));
    }
  } catch (error) {
    throw toPublic(error);
  }
}
