import { TesseraError } from '../errors.js';
import type { WorkerPort } from '../types.js';

const NAME = 'tessera';

/**
 * Starts a module worker.
 *
 * @param url - where its script lies; undefined for the one beside this library
 */
export function startBrowserWorker(url: URL | undefined): WorkerPort {
  if (typeof Worker === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this host has no Worker: pass createWorker, as the command line does for Node',
    );
  }
  // Bundlers look for exactly this expression to emit the worker's script.
  if (url === undefined && isSameOrigin(import.meta.url)) {
    return new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module', name: NAME });
  }
  const script = url ?? new URL('./worker.mjs', import.meta.url);
  if (isSameOrigin(script.href)) return new Worker(script, { type: 'module', name: NAME });
  return startFromOtherOrigin(script);
}

function isSameOrigin(url: string): boolean {
  return new URL(url, location.href).origin === location.origin;
}

/** A worker's own script must be of the page's origin; what that script imports need not be. */
function startFromOtherOrigin(script: URL): WorkerPort {
  const source = `import ${JSON.stringify(script.href)};`;
  const shim = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return new Worker(shim, { type: 'module', name: NAME });
}
