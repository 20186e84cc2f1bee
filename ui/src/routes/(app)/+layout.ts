import { redirect } from '@sveltejs/kit'
import { session, signInAddress } from '#lib/state/session.svelte.ts'

/** Every page of the console needs a person; who is not signed in is led to the sign-in page and back. */
export async function load({ url }: { url: URL }): Promise<void> {
  if (session.user) return
  // When the hub cannot be asked, the layout shows what went wrong.
  const signedIn = await session.load().catch(() => true)
  if (!signedIn) redirect(307, signInAddress(url.pathname + url.search))
}
