import { describe, TesseraError } from '../errors.js';
import { beside } from '../load/locations.js';
import { besideUnmoved } from '../load/moved.js';
import type { WorkerPort } from '../types.js';

const NAME = 'tessera';

/** The part of `trustedTypes` that is used. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/**
 * Starts a module worker.
 *
 * @param url - where its script lies; undefined for the one beside this library
 * @throws TesseraError `ERR_UNSUPPORTED` when this page may have none.
 */
export function startBrowserWorker(url: URL | undefined): WorkerPort {
  if (typeof Worker === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'this host has no Worker: service workers, shared workers and background scripts of extensions ' +
        'start none (run the upscaler in a page or an offscreen document and send it the pictures); ' +
        "in Node, import 'tessera-sr' by its name, or pass createWorker",
    );
  }
  const own = () => new URL('./worker.mjs', import.meta.url);
  const script = url ?? besideUnmoved(beside(own));
  try {
    // Bundlers look for exactly this expression to emit the worker's script, with options that are
    // literals; a test looks whether the built files still have it.
    if (url === undefined && mayStart(script) && beside(own).href === script.href) {
      return new Worker(new URL('./worker.mjs', import.meta.url), {
        type: 'module',
        name: 'tessera',
      });
    }
    return startScript(mayStart(script) ? script.href : startedFrom(script));
  } catch (cause) {
    return startTrusted(script, cause);
  }
}

/**
 * A worker's own script must be of the page's origin. That is not the one of its address: frames
 * with `srcdoc` have their parent's.
 */
function mayStart(script: URL): boolean {
  const { origin }: { origin?: string } = globalThis;
  // Only browsers have origins.
  return origin === undefined || script.origin === origin || script.protocol === 'blob:';
}

/**
 * A script of the page's own that imports the one elsewhere, which a worker may do. In a frame with
 * an origin of its own, Chromium starts no module worker from a `blob:`.
 */
function startedFrom(script: URL): string {
  const source = `import ${JSON.stringify(script.href)};`;
  if (globalThis.origin === 'null') return `data:text/javascript,${encodeURIComponent(source)}`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}

function startScript(url: string): Worker {
  return new Worker(url, { type: 'module', name: NAME });
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

/** Pages that take scripts from a named policy alone (`require-trusted-types-for 'script'`). */
function startTrusted(script: URL, cause: unknown): Worker {
  const { trustedTypes }: { trustedTypes?: TrustedTypes } = globalThis as object;
  if (!(cause instanceof TypeError) || trustedTypes === undefined) throw refusal(script, cause);
  try {
    policy ??= trustedTypes.createPolicy(NAME, { createScriptURL: (url) => url });
    const url = mayStart(script) ? script.href : startedFrom(script);
    return startScript(policy.createScriptURL(url));
  } catch {
    throw refusal(script, cause);
  }
}

function refusal(script: URL, cause: unknown): TesseraError {
  const { origin, location }: { origin?: string; location?: { protocol: string } } = globalThis;
  const why =
    location?.protocol === 'file:'
      ? 'the page was opened from a disk: serve it by http'
      : origin === 'null'
        ? 'its frame has an origin of its own (sandbox without allow-same-origin, or data:)'
        : 'a Content-Security-Policy forbids it (worker-src), or takes scripts from other policies ' +
          `alone (trusted-types ${NAME})`;
  return new TesseraError(
    'ERR_UNSUPPORTED',
    `this page cannot start the worker ${script.href}: ${describe(cause)}; ${why}`,
    { cause, details: { url: script.href } },
  );
}
