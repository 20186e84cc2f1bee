import { redirect } from '@sveltejs/kit'
import { portal, SIGN_IN } from '#lib/features/portal/portal-session.svelte.ts'

/** Every page of the portal but the sign-in needs somebody with a room. */
export async function load({ url }: { url: URL }): Promise<void> {
  const isDoor = url.pathname === SIGN_IN
  if (portal.isKnown || isDoor) return
  if (await portal.load()) return
  // A bill's address stands on paper: after signing in it opens
  const isHome = url.pathname === '/portal'
  redirect(307, isHome ? SIGN_IN : `${SIGN_IN}?to=${encodeURIComponent(url.pathname)}`)
}
