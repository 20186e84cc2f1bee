import { redirect } from '@sveltejs/kit'
import { asApiError } from '#lib/api/api-error.ts'
import { phoneStore } from '#lib/features/reading/phone-store.ts'
import { session, signInAddress } from '#lib/state/session.svelte.ts'

/** Without network the person who signed in last is believed: the hub checks everything again when it is sent. */
export async function load({ url }: { url: URL }): Promise<void> {
  if (session.user) return
  const signedIn = await session.load().catch(async (error: unknown) => {
    const kept = asApiError(error).status === 0 ? await phoneStore.session() : null
    if (kept) session.adopt({ ...kept, csrfToken: '' })
    return true
  })
  if (!signedIn) redirect(307, signInAddress(url.pathname))
}
