import { redirect } from '@sveltejs/kit'

/** Where gateways were before they had pages of their own; links to it are still about. */
export function load({ params, url }: { params: { id: string }; url: URL }): never {
  redirect(307, `/gateways/${params.id}${url.search}`)
}
