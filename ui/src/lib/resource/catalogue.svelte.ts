import type { ResourceMeta, RouteResponse } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { session } from '#lib/state/session.svelte.ts'

type Entry = RouteResponse<'GET /api/resources'>[number]

/**
 * What the hub says about its resources, asked for once per session: rights and custom fields are those of the
 * person. `forget` after something changed that the metadata shows, such as custom fields and dictionaries.
 */
class ResourceCatalogue {
  #entries = $state.raw<readonly Entry[] | null>(null)
  #asked = false
  #metas = new Map<string, Promise<ResourceMeta>>()
  #userId: string | null = null

  /** With what the project that is looked at adds. */
  meta(name: string): Promise<ResourceMeta> {
    this.#followUser()
    // Projects have dictionary entries of their own
    const { projectId } = session
    const key = `${name} ${projectId}`
    const known = this.#metas.get(key)
    if (known) return known
    const asked = call('GET /api/resources/:name', {
      params: { name },
      query: projectId ? { projectId } : {},
    })
    this.#metas.set(key, asked)
    // A failed answer is not kept: the next one who asks tries again.
    asked.catch(() => this.#metas.delete(key))
    return asked
  }

  /** All resources that the person may read; null until they are known. */
  get entries(): readonly Entry[] | null {
    this.#load()
    return this.#entries
  }

  /** Where records of a resource are shown, `/lost-items`; null while unknown or out of reach. */
  pageOf(name: string | null): string | null {
    return this.entries?.find((entry) => entry.name === name)?.page ?? null
  }

  forget(): void {
    this.#metas.clear()
    this.#asked = false
  }

  #load(): void {
    this.#followUser()
    if (this.#asked) return
    this.#asked = true
    call('GET /api/resources').then(
      (entries) => (this.#entries = entries),
      () => (this.#asked = false),
    )
  }
  #followUser(): void {
    const userId = session.user?.id ?? null
    if (userId === this.#userId) return
    this.#userId = userId
    this.forget()
  }
}

export const catalogue = new ResourceCatalogue()
