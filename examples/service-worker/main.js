// A service worker cannot start workers: the page upscales for it.
import { Upscaler } from 'tessera-sr';

const upscaler = new Upscaler();

navigator.serviceWorker.addEventListener('message', async ({ data, ports: [port] }) => {
  try {
    const file = await upscaler.upscale(data.picture, { output: 'blob', type: 'image/webp' });
    port?.postMessage({ file });
  } catch (error) {
    port?.postMessage({ error: String(error) });
  }
});
navigator.serviceWorker.startMessages();

await navigator.serviceWorker.register('service-worker.js');
await navigator.serviceWorker.ready;
if (navigator.serviceWorker.controller === null) {
  await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done));
}
const image = /** @type {HTMLImageElement} */ (document.getElementById('image'));
image.src = '../photo.webp?upscale';
