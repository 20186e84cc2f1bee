/** Keeps pages on the phone: the service worker answers them when there is no network. */
import { preloadCode } from '$app/navigation'

const SCRIPT = '/portal-sw.js'

type RouteId = Parameters<typeof preloadCode>[0]

/** @param scope path below which pages are kept, also that of the first one */
export async function keepPages(scope: string, routes: readonly RouteId[]): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register(SCRIPT, { scope })
  await Promise.all(routes.map((route) => preloadCode(route)))
  await navigator.serviceWorker.ready
  const files = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
  registration.active?.postMessage({ keep: [...new Set(files)] })
}
