import type { PoolParts } from '../pool/pool-parts.js';
import { onSpareWorker } from '../pool/spare-worker.js';
import type { Quantized, QuantizeJob } from '../worker/protocol.js';

/**
 * Loads the quantizer, and quantizes a network in a worker beside those of a pool.
 *
 * @param onprogress - hears the finished part of the work, in [0, 1]
 * @throws TesseraError as `quantizeModel` does, `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_WORKER_CRASHED`; the signal's reason.
 */
export function quantizeInWorker(
  parts: PoolParts,
  job: QuantizeJob,
  signal: AbortSignal,
  onprogress: (done: number) => void,
): Promise<Quantized> {
  return onSpareWorker(parts, signal, async (worker) => {
    await worker.open(parts.quantizer(signal));
    const { file, report } = await worker.request({ type: 'quantize', ...job }, onprogress);
    return { file, report };
  });
}
