/**
 * Locks that tell when a thread ends: a browser lets go of them whatever way it ends. They reach as far as an
 * origin does; elsewhere, and where there are none (pages without https), nothing is told.
 */
import { raceAbort } from '../base/abort.js';

function manager(): LockManager | undefined {
  const scope: { navigator?: { locks?: LockManager } } = globalThis;
  return scope.navigator?.locks;
}

/**
 * Holds a lock until this thread ends or `signal` is aborted.
 *
 * @returns its name, once it is held; undefined where there is none to be had.
 */
export function holdLock(signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const locks = manager();
    if (locks === undefined || signal.aborted) {
      resolve(undefined);
      return;
    }
    const name = `tessera-${crypto.randomUUID()}`;
    const hold = () => {
      resolve(name);
      return raceAbort(new Promise(() => {}), signal).catch(() => {});
    };
    // Frames with an origin of their own are refused.
    locks.request(name, hold).catch(() => resolve(undefined));
  });
}

/**
 * Waits for the end of a thread that holds a lock.
 *
 * @returns whether it has ended: false when `signal` is aborted, or when the lock cannot be seen from here.
 */
export async function waitForEnd(name: string, signal: AbortSignal): Promise<boolean> {
  try {
    const locks = manager();
    const { held = [] } = (await locks?.query()) ?? {};
    if (locks === undefined || !held.some((lock) => lock.name === name)) return false;
    await locks.request(name, { signal, mode: 'shared' }, () => {});
    return true;
  } catch {
    return false;
  }
}
