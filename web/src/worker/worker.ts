/** The script of a browser worker. */
import type { WorkerReply, WorkerRequest } from './protocol.js';
import { serve } from './serve.js';

// The DOM types describe a page; this is the part of a worker's scope that is used.
interface WorkerScope {
  postMessage(reply: WorkerReply, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerRequest>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;

serve({
  postMessage: (reply, transfer) => scope.postMessage(reply, transfer),
  onrequest: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
});
