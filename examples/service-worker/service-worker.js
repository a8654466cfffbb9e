// Answers requests that end in `?upscale` with the upscaled picture, and keeps the answers.
const CACHE = 'upscaled';

addEventListener('install', () => self.skipWaiting());
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.search === '?upscale') event.respondWith(answer(event, url));
});

async function answer({ request, clientId }, url) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known !== undefined) return known;
  const original = await fetch(url.origin + url.pathname);
  if (!original.ok) return original;
  const picture = await original.blob();
  try {
    const file = await askPage(clientId, picture);
    const response = new Response(file, { headers: { 'Content-Type': file.type } });
    await cache.put(request, response.clone());
    return response;
  } catch {
    // Better the small picture than none.
    return new Response(picture, { headers: { 'Content-Type': picture.type } });
  }
}

/** The page that asked has the upscaler. */
async function askPage(clientId, picture) {
  const page = await self.clients.get(clientId);
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  page.postMessage({ picture }, [port2]);
  const { file, error } = await answered;
  if (file === undefined) throw new Error(error);
  return file;
}
