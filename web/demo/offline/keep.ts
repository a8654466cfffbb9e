import type { Upscaler } from '../../src/index.js';
import { setText } from '../base/dom.js';
import type { KeepRequest } from './service-worker.js';

/** The files that this upscaler was made of, beside those of the page. */
function filesOf({ info, model }: Upscaler, shipped: boolean): string[] {
  const name = info.core === 'lean' ? `${info.variant}-lean` : info.variant;
  const core = ['mjs', 'wasm'].map((ending) => `../wasm/tessera-${name}.${ending}`);
  return shipped ? [...core, `../models/${model.name}.onnx`] : core;
}

/**
 * Keeps the page, and what this upscaler needs, for visits without a connection. Called after a result
 * is there, so that nothing is loaded twice before.
 *
 * @param shipped - whether the model came with the page
 */
export async function keepForOffline(upscaler: Upscaler, shipped: boolean): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('service-worker.js');
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve) => {
    port1.onmessage = resolve;
  });
  const request: KeepRequest = { keep: filesOf(upscaler, shipped) };
  active?.postMessage(request, [port2]);
  await kept;
  setText('offline', 'This page now works without a connection too.');
  document.body.dataset.offline = 'ready';
}
