// Keeps the app's own files, so that it opens without a network. What people wrote never passes through here: the API
// is not answered from a cache, and nothing but the files listed above is kept.
const CACHE = `tablet-${VERSION}`;
const LISTED = new Set(FILES.map((file) => new URL(file, self.location).href));

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith("tablet-") && n !== CACHE).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});

// The page says when a new version may take over: no form is open and nothing waits to be sent.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
  if (event.data === "version") event.source?.postMessage({ version: VERSION });
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  const page = request.mode === "navigate" && address.pathname.startsWith(SCOPE);
  if (!page && !LISTED.has(address.href)) return;
  event.respondWith(kept(page ? SCOPE : request));
});

async function kept(wanted) {
  const cache = await caches.open(CACHE);
  return (await cache.match(wanted)) ?? fetch(wanted);
}

// A bonus of Chromium: wakes us when there is a network again. The work itself is the page's, which holds the keys.
self.addEventListener("sync", (event) => {
  if (event.tag !== "outbox") return;
  event.waitUntil(self.clients.matchAll().then((pages) => pages.forEach((page) => page.postMessage("sync"))));
});
