import { abort, raceAbort, reasonOf, throwIfAborted } from '../base/abort.js';
import { shortAddress } from '../base/address.js';
import { StallTimer } from '../base/stall.js';
import { describe, TesseraError } from '../errors.js';
import type { FetchFunction } from '../types.js';
import { dataBytes } from './data-address.js';

/** How files are fetched. */
export interface FetchContext {
  fetch?: FetchFunction | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which it fails with `ERR_TIMEOUT`. */
  timeout: number;
  /** Called as bytes arrive; `total` is 0 when the server does not say. */
  onbytes?: ((loaded: number, total: number) => void) | undefined;
  /** What to do when the server does not have the file; for the message. */
  ifMissing?: string | undefined;
}

/**
 * Fetches a whole file.
 *
 * @param what - names the file in messages, such as "model"
 * @throws TesseraError `ERR_LOAD` (with the address, the HTTP status and the content type) or
 * `ERR_TIMEOUT`; the signal's reason when it is aborted.
 */
export async function fetchBytes(
  url: string,
  what: string,
  context: FetchContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal } = context;
  throwIfAborted(signal);
  if (/^data:/i.test(url)) return dataBytes(url, what);
  const shown = shortAddress(url);
  const stopper = new AbortController();
  const stop = () => abort(stopper, signal && reasonOf(signal));
  signal?.addEventListener('abort', stop);
  const stall = new StallTimer(context.timeout, () => {
    const message = `the ${what} ${shown} did not arrive: nothing came for ${context.timeout} ms`;
    abort(stopper, new TesseraError('ERR_TIMEOUT', message, { details: { url: shown } }));
  });
  try {
    const response = request(url, what, context, stopper.signal);
    const onbytes = (loaded: number, total: number) => {
      stall.heard();
      context.onbytes?.(loaded, total);
    };
    const body = response.then((answer) => readBody(answer, stopper.signal, onbytes));
    return await raceAbort(body, stopper.signal);
  } catch (cause) {
    // The two ways of stopping it have their own reasons, whatever fetch makes of them.
    throwIfAborted(stopper.signal);
    if (cause instanceof TesseraError) throw cause;
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the ${what} ${shown}: ${describe(cause)}${advice(url, what)}`,
      { cause, details: { url: shown } },
    );
  } finally {
    stall.stop();
    signal?.removeEventListener('abort', stop);
  }
}

/** What may be wrong with an address that the browser says nothing about. */
function advice(url: string, what: string): string {
  if (/^blob:/i.test(url)) {
    return (
      `; it may have been revoked, or a Content-Security-Policy forbids it (connect-src blob:): ` +
      `pass the Blob itself as the ${what}`
    );
  }
  const { origin, location }: { origin?: string; location?: { href: string } } = globalThis;
  // In Node and Deno there are no such rules.
  if (origin === undefined || location === undefined) return '';
  if (/^file:/i.test(url))
    return '; pages opened from a disk cannot load files: serve them by http';
  const own = !/^https?:/i.test(url) || new URL(url).origin === origin;
  return own
    ? '; the network, or a Content-Security-Policy (connect-src), may have refused it'
    : '; a server of another origin must allow it (Access-Control-Allow-Origin), and a ' +
        'Content-Security-Policy too (connect-src)';
}

async function request(
  url: string,
  what: string,
  { fetch: load, ifMissing = '' }: FetchContext,
  signal: AbortSignal,
): Promise<Response> {
  const response = await (load ?? fetch)(url, { signal });
  const type = response.headers.get('content-type') ?? '';
  const shown = shortAddress(url);
  const details = { url: shown, status: response.status, type };
  if (!response.ok) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the ${what} ${shown}: the server answered ${response.status}${ifMissing}`,
      { details },
    );
  }
  // Servers of single-page sites answer with their start page for a file that they do not have.
  if (type.startsWith('text/html')) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the ${what} ${shown}: the server sent an HTML page (${type}) instead; ` +
        `is the file in the place that is served?${ifMissing}`,
      { details },
    );
  }
  return response;
}

async function readBody(
  response: Response,
  signal: AbortSignal,
  onbytes: (loaded: number, total: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const total = Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    throwIfAborted(signal);
    if (chunk === undefined || chunk.done) break;
    chunks.push(chunk.value);
    loaded += chunk.value.length;
    onbytes(loaded, total);
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
