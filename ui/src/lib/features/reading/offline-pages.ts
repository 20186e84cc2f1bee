/** Keeps pages on the phone: the service worker answers them when there is no network. */
import { preloadCode } from '$app/navigation'

const SCRIPT = '/portal-sw.js'

/** @param scope first page, and the path below which pages are kept */
export async function keepPages(scope: string, pages: readonly string[]): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register(SCRIPT, { scope })
  await Promise.all([scope, ...pages].map((path) => preloadCode(path)))
  await navigator.serviceWorker.ready
  const files = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
  registration.active?.postMessage({ keep: [...new Set(files)] })
}
