import { redirect } from '@sveltejs/kit'
import { session, signInAddress } from '#lib/state/session.svelte.ts'

/** A screen on a wall shows what the person who opened it may see. */
export async function load({ url }: { url: URL }): Promise<void> {
  if (session.user) return
  const signedIn = await session.load().catch(() => true)
  if (!signedIn) redirect(307, signInAddress(url.pathname))
}
