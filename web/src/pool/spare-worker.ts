import { follow, reasonOf, throwIfAborted } from '../base/abort.js';
import type { PoolParts } from './pool-parts.js';
import { toPublic, type WorkerHandle } from './worker-handle.js';

/**
 * Does one piece of work in a worker beside those of a pool, which ends with it: its memory comes back, and an abort is
 * sudden, whatever it is busy with.
 *
 * @throws what the work throws; TesseraError `ERR_WORKER_CRASHED`, `ERR_TIMEOUT`; the signal's reason; what ended the pool.
 */
export async function onSpareWorker<T>(
  parts: PoolParts,
  signal: AbortSignal,
  work: (worker: WorkerHandle) => Promise<T>,
): Promise<T> {
  const stopper = new AbortController();
  const unfollow = follow(stopper, signal, parts.ended);
  try {
    throwIfAborted(stopper.signal);
    return await inWorker(parts.spare(), stopper.signal, work);
  } finally {
    unfollow();
  }
}

async function inWorker<T>(
  worker: WorkerHandle,
  signal: AbortSignal,
  work: (worker: WorkerHandle) => Promise<T>,
): Promise<T> {
  signal.addEventListener('abort', () => void worker.terminate(reasonOf(signal)));
  try {
    return await work(worker);
  } catch (error) {
    throw toPublic(error);
  } finally {
    await worker.terminate(new Error('its work is done'));
  }
}
