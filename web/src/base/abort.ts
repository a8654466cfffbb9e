/** Aborting, also where `AbortSignal` has neither `reason` nor `throwIfAborted` (Chrome before 100). */

const reasons = new WeakMap<AbortSignal, unknown>();

/** Aborts with a reason that {@link reasonOf} gives back. */
export function abort(controller: AbortController, reason: unknown): void {
  if (!controller.signal.aborted) reasons.set(controller.signal, reason);
  controller.abort(reason);
}

/** Why a signal was aborted. */
export function reasonOf(signal: AbortSignal): unknown {
  return (
    signal.reason ??
    reasons.get(signal) ??
    new DOMException('The operation was aborted', 'AbortError')
  );
}

/** @throws the signal's reason when it is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/**
 * Waits for work, but not past an abort: then it rejects with the signal's reason at once, whether
 * or not the work knows about the signal.
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(reasonOf(signal));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Aborts a controller when one of several signals is; to be undone by the function that comes back. */
export function follow(
  controller: AbortController,
  ...signals: readonly (AbortSignal | undefined)[]
): () => void {
  const undo = signals.map((signal) => {
    const relay = () => abort(controller, signal && reasonOf(signal));
    signal?.addEventListener('abort', relay);
    if (signal?.aborted) relay();
    return () => signal?.removeEventListener('abort', relay);
  });
  return () => {
    for (const each of undo) each();
  };
}
