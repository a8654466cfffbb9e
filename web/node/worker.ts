/** The script of a Node worker thread. */
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { serve } from '../src/worker/serve.js';

if (parentPort === null) throw new Error('this script runs in a worker thread only');
const port = parentPort;

serve({
  postMessage: (reply, transfer) => port.postMessage(reply, transfer),
  onrequest: (listener) => port.on('message', listener),
  // A message to itself, as in browsers, would be read before those of the page, again and again.
  breathe: () => setImmediate(),
});
