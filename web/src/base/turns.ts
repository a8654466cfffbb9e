/** Long work in steps: a generator that yields between them. */
import { throwIfAborted } from './abort.js';

/**
 * Ends the task, so that events and frames that wait are handled, and goes on in another. Not by a
 * timer: those of hidden pages fire once a second.
 */
export function yieldToPage(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** All steps in this task. */
export function finish<T>(steps: Generator<undefined, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Each step in a task of its own. */
export async function finishInTurns<T>(
  steps: Generator<undefined, T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  let step = steps.next();
  while (!step.done) {
    await yieldToPage();
    throwIfAborted(signal);
    step = steps.next();
  }
  return step.value;
}
