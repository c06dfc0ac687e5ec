// Keeps every file of the page, so that it opens without a network. A new version takes over when all its tabs are closed.
const VERSION = '__VERSION__';
const POLICY = '__POLICY__';
const FILES = ['__FILES__'];
const CACHE = `panproto-playground-${VERSION}`;

self.addEventListener('install', (event) => {
  // A file with its digest in its name may come from the browser's own cache: the page has just loaded it.
  const request = (file) => new Request(file, { cache: file.startsWith('assets/') ? 'default' : 'reload' });
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map(request))));
});

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('panproto-playground-') && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const scope = new URL(self.registration.scope);
  const cache = await caches.open(CACHE);
  const wanted = request.mode === 'navigate' && (url.pathname === scope.pathname || url.pathname === `${scope.pathname}index.html`) ? scope.href : request;
  const kept = await cache.match(wanted, { ignoreSearch: true });
  return strict(kept ?? (await fetch(request)));
}

/** Workers take their policy from their own answer. */
function strict(response) {
  if (response.type === 'opaqueredirect' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('content-security-policy', POLICY);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
