/** Keeps the pages of the portal on the phone: /portal-sw.js answers them when there is no network. */
import { preloadCode } from '$app/navigation'

const PAGES = [
  '/portal',
  '/portal/bills',
  '/portal/bills/1',
  '/portal/energy',
  '/portal/news',
  '/portal/account',
]

export async function keepPages(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('/portal-sw.js', { scope: '/portal' })
  await Promise.all(PAGES.map((path) => preloadCode(path)))
  const registration = await navigator.serviceWorker.ready
  const files = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
  registration.active?.postMessage({ keep: [...new Set(files)] })
}
