import { redirect } from '@sveltejs/kit'
import { PROJECT_PARAMETER, session, signInAddress } from '#lib/state/session.svelte.ts'

/**
 * Every page of the console needs a person; who is not signed in is led to the sign-in page and back. A link shows
 * the project that it was copied in.
 */
export async function load({ url }: { url: URL }): Promise<void> {
  if (!session.user) {
    // When the hub cannot be asked, the layout shows what went wrong.
    const signedIn = await session.load().catch(() => true)
    if (!signedIn) redirect(307, signInAddress(url.pathname + url.search))
  }
  session.followAddress(url.searchParams.get(PROJECT_PARAMETER))
}
