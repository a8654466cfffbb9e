import { raceAbort } from '../base/abort.js';
import { StallTimer } from '../base/stall.js';
import { describe, TesseraError } from '../errors.js';
import type { FetchFunction } from '../types.js';

/** How files are fetched. */
export interface FetchContext {
  fetch?: FetchFunction | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which it fails with `ERR_TIMEOUT`. */
  timeout: number;
  /** Called as bytes arrive; `total` is 0 when the server does not say. */
  onbytes?: ((loaded: number, total: number) => void) | undefined;
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
  context.signal?.throwIfAborted();
  const stopper = new AbortController();
  const stop = () => stopper.abort(context.signal?.reason);
  context.signal?.addEventListener('abort', stop);
  const stall = new StallTimer(context.timeout, () => {
    const message = `the ${what} ${url} did not arrive: nothing came for ${context.timeout} ms`;
    stopper.abort(new TesseraError('ERR_TIMEOUT', message, { details: { url } }));
  });
  try {
    const response = request(url, what, context.fetch, stopper.signal);
    const onbytes = (loaded: number, total: number) => {
      stall.heard();
      context.onbytes?.(loaded, total);
    };
    const body = response.then((answer) => readBody(answer, stopper.signal, onbytes));
    return await raceAbort(body, stopper.signal);
  } catch (cause) {
    // The two ways of stopping it have their own reasons, whatever fetch makes of them.
    stopper.signal.throwIfAborted();
    if (cause instanceof TesseraError) throw cause;
    throw new TesseraError('ERR_LOAD', `cannot load the ${what} ${url}: ${describe(cause)}`, {
      cause,
      details: { url },
    });
  } finally {
    stall.stop();
    context.signal?.removeEventListener('abort', stop);
  }
}

async function request(
  url: string,
  what: string,
  load: FetchFunction | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const response = await (load ?? fetch)(url, { signal });
  const type = response.headers.get('content-type') ?? '';
  const details = { url, status: response.status, type };
  if (!response.ok) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the ${what} ${url}: the server answered ${response.status}`,
      { details },
    );
  }
  // Servers of single-page sites answer with their start page for a file that they do not have.
  if (type.startsWith('text/html')) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the ${what} ${url}: the server sent an HTML page (${type}) instead; ` +
        'is the file in the place that is served?',
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
    signal.throwIfAborted();
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
