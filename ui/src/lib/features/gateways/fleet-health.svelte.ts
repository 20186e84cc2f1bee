import type { GatewayHealthSummary } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { live } from '#lib/state/live.svelte.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'

/** Gateways report every few seconds; the list follows at most this often. */
const AT_MOST_EVERY_MS = 5_000

/** Health of all gateways of the project in one answer, followed live. To be made while a page is set up. */
export class FleetHealth {
  readonly #rows = new Resource(
    (signal) => call('GET /api/gateways/health', { query: { projectId: session.projectId }, signal }),
    { everyMs: 20_000 },
  )
  readonly #byId: Readonly<Record<string, GatewayHealthSummary>> = $derived(
    Object.fromEntries((this.#rows.data ?? []).map((row) => [row.gatewayId, row])),
  )

  constructor() {
    let timer: ReturnType<typeof setTimeout> | undefined
    const now = (): void => {
      clearTimeout(timer)
      timer = undefined
      void this.#rows.refresh()
    }
    $effect(() =>
      live.subscribe(session.projectId, [], {
        gateways: () => (timer ??= setTimeout(now, AT_MOST_EVERY_MS)),
        // What a person has just saved is to be seen at once
        gatewayConfig: now,
        resync: now,
      }),
    )
    $effect(() => () => clearTimeout(timer))
  }

  of(id: string): GatewayHealthSummary | undefined {
    return this.#byId[id]
  }
}
