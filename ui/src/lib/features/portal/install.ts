/** Keeps the pages of the portal on the phone: /portal-sw.js answers them when there is no network. */
import { preloadCode } from '$app/navigation'

const PAGES = [
  '/(portal)/portal',
  '/(portal)/portal/bills',
  '/(portal)/portal/bills/[id]',
  '/(portal)/portal/energy',
  '/(portal)/portal/news',
  '/(portal)/portal/account',
  '/(portal)/portal/sign-in',
] as const

export async function keepPages(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('/portal-sw.js', { scope: '/portal' })
  await Promise.all(PAGES.map((page) => preloadCode(page)))
  const registration = await navigator.serviceWorker.ready
  const files = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
  registration.active?.postMessage({ keep: [...new Set(files)] })
}
