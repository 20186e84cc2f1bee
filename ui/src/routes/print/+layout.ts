import { redirect } from '@sveltejs/kit'
import { session, signInAddress } from '#lib/state/session.svelte.ts'

/** Papers without the frame around them, for who is signed in. */
export async function load({ url }: { url: URL }): Promise<void> {
  if (session.user) return
  const signedIn = await session.load().catch(() => true)
  if (!signedIn) redirect(307, signInAddress(url.pathname + url.search))
}
