// Keeps the owner portal on the phone. Pages: the network first, what was kept without it. Files with a hash in their
// name never change: what is kept is enough. Data go past it: the pages keep what was seen last themselves.
// The staff app is kept the same way, under its own scope
const SHELL = new URL(self.registration.scope).pathname
const PREFIX = `courtyard${SHELL.replaceAll('/', '-')}-`
const CACHE = `${PREFIX}1`
const MOST_FILES = 300

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(SHELL)))
  self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  const isOld = (name) => name.startsWith(PREFIX) && name !== CACHE
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('message', (event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep(event.data.keep))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/api/')) return
  event.respondWith(request.mode === 'navigate' ? page(request) : file(request, pathname))
})

async function page(request) {
  const cache = await caches.open(CACHE)
  try {
    const answer = await fetch(request)
    if (answer.ok) await cache.put(SHELL, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(SHELL)
    if (kept) return kept
    throw error
  }
}

async function file(request, pathname) {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(pathname)
  if (kept && pathname.startsWith('/_app/immutable/')) return kept
  try {
    const answer = await fetch(request)
    if (answer.ok) await cache.put(pathname, answer.clone())
    return answer
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

async function keep(files) {
  const cache = await caches.open(CACHE)
  const known = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
  for (const path of files) if (!known.has(path)) await cache.add(path).catch(() => undefined)
  const wanted = new Set([SHELL, ...files])
  const all = await cache.keys()
  const old = all.filter(({ url }) => !wanted.has(new URL(url).pathname))
  for (const request of old.slice(0, Math.max(0, all.length - MOST_FILES))) await cache.delete(request)
}
