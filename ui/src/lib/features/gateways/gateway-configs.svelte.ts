import type { RouteResponse } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { live } from '#lib/state/live.svelte.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'

export type Revision = RouteResponse<'GET /api/gateways/:id/configs'>[number]

/** Configuration of one gateway as the hub knows it, followed live. To be made while a page is set up. */
export class GatewayConfigs {
  readonly schema: Resource<RouteResponse<'GET /api/gateways/:id/schema'>>
  readonly current: Resource<RouteResponse<'GET /api/gateways/:id/config'>>
  readonly revisions: Resource<Revision[]>

  readonly #id: () => string

  constructor(id: () => string) {
    this.#id = id
    this.schema = new Resource((signal) =>
      call('GET /api/gateways/:id/schema', { params: { id: id() }, signal }),
    )
    this.current = new Resource((signal) =>
      call('GET /api/gateways/:id/config', { params: { id: id() }, signal }),
    )
    this.revisions = new Resource((signal) =>
      call('GET /api/gateways/:id/configs', { params: { id: id() }, signal }),
    )
    $effect(() =>
      live.subscribe(session.projectId, [], {
        gatewayConfig: ({ gatewayId }) => gatewayId === id() && void this.refresh(),
        resync: () => void this.refresh(),
      }),
    )
  }

  get gatewayId(): string {
    return this.#id()
  }
  /** Number of the newest revision; null while there is none. */
  get newest(): number | null {
    return this.revisions.data?.[0]?.number ?? null
  }
  /** Nothing is on its way to the gateway. */
  get settled(): boolean {
    return !this.revisions.data?.some((revision) => revision.state === 'pending')
  }
  get running(): Revision | null {
    const id = this.current.data?.running?.revisionId
    return this.revisions.data?.find((revision) => revision.id === id) ?? null
  }
  async refresh(): Promise<void> {
    await Promise.all([this.schema.refresh(), this.current.refresh(), this.revisions.refresh()])
  }
}
