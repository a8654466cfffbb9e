/**
 * Keeps the page for visits without a connection. The network comes first, so that what is shown is
 * what the server has; what is kept is of one version, and answers where the network does not.
 */

// Put in by the build: see scripts/lib/demo-files.mjs.
declare const VERSION: string;
declare const SHELL: readonly string[];

/** The part of an event of a service worker that is used. */
interface WaitingEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}

interface FetchingEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface KeepingEvent extends WaitingEvent {
  readonly data: KeepRequest;
  readonly ports: readonly MessagePort[];
}

/** What the page asks for: files that it has used, and wants without a connection too. */
export interface KeepRequest {
  keep: readonly string[];
}

const PREFIX = 'tessera-demo-';
const CACHE = PREFIX + VERSION;

async function keep(addresses: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const missing = await Promise.all(
    addresses.map(async (address) => ((await cache.match(address)) ? [] : [address])),
  );
  await cache.addAll(missing.flat());
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function answer(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(request.mode === 'navigate' ? './' : request);
    if (kept) return kept;
    throw error;
  }
}

const own = (listener: (event: WaitingEvent) => Promise<unknown>) => (event: Event) =>
  (event as WaitingEvent).waitUntil(listener(event as WaitingEvent));

addEventListener(
  'install',
  own(() => keep(SHELL)),
);
addEventListener('activate', own(forgetOthers));
addEventListener(
  'message',
  own(async (event) => {
    const { data, ports } = event as KeepingEvent;
    await keep(data.keep);
    ports[0]?.postMessage('kept');
  }),
);
addEventListener('fetch', (event) => {
  const { request, respondWith } = event as FetchingEvent;
  const { origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  respondWith.call(event, answer(request));
});
