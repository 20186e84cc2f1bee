import { redirect } from '@sveltejs/kit'
import { portal, SIGN_IN } from '#lib/features/portal/portal-session.svelte.ts'

/** Every page of the portal but the sign-in needs somebody with a room. */
export async function load({ url }: { url: URL }): Promise<void> {
  const isDoor = url.pathname === SIGN_IN
  if (portal.isKnown || isDoor) return
  if (!(await portal.load())) redirect(307, SIGN_IN)
}
