import type { GatewayHealth } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'

const AT_ONCE = 4
const FRESH_MS = 20_000

/** Health of the gateways that are on the screen, asked for a few at a time. */
export class FleetHealth {
  #known = $state.raw<Readonly<Record<string, GatewayHealth>>>({})
  #askedAt: Record<string, number> = {}
  #waiting: string[] = []
  #running = 0

  of(id: string): GatewayHealth | undefined {
    return this.#known[id]
  }
  /** Asks for those that were not asked for lately. */
  want(ids: readonly string[]): void {
    const now = Date.now()
    const due = ids.filter((id) => now - (this.#askedAt[id] ?? 0) > FRESH_MS)
    for (const id of due) this.#askedAt[id] = now
    this.#waiting = [...due, ...this.#waiting.filter((id) => ids.includes(id) && !due.includes(id))]
    this.#next()
  }
  #next(): void {
    while (this.#running < AT_ONCE && this.#waiting.length > 0) {
      const id = this.#waiting.shift()!
      this.#running++
      void call('GET /api/gateways/:id/health', { params: { id } })
        .then((health) => (this.#known = { ...this.#known, [id]: health }))
        // A row without health says so by its dashes; the list itself shows when the hub is away.
        .catch(() => (this.#askedAt[id] = 0))
        .finally(() => {
          this.#running--
          this.#next()
        })
    }
  }
}
