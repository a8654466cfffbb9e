/** A browser worker's end of the line. */
import { readBlobAnywhere } from '../image/blob.js';
import { type Scripts, type ServerPort, serve } from './serve.js';

// The DOM types describe a page; this is the part of a worker's scope that is used.
interface WorkerScope {
  postMessage: ServerPort['postMessage'];
  addEventListener(
    type: 'message',
    listener: (event: MessageEvent<Parameters<Parameters<ServerPort['onrequest']>[0]>[0]>) => void,
  ): void;
}

/**
 * Answers the page.
 *
 * @param scripts - default: from their addresses
 */
export function serveBrowser(scripts?: Scripts): void {
  const scope = globalThis as unknown as WorkerScope;
  const { port1, port2 } = new MessageChannel();
  serve(
    {
      postMessage: (reply, transfer) => scope.postMessage(reply, transfer),
      onrequest: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
      decode: readBlobAnywhere,
      // A timer would wait some milliseconds longer.
      breathe: () =>
        new Promise((resolve) => {
          port1.onmessage = () => resolve();
          port2.postMessage(null);
        }),
    },
    scripts,
  );
}
