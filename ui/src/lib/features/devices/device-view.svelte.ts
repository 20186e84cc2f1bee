import type { DeviceDetail, PointValue } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { live } from '#lib/state/live.svelte.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'

const TRAIL = 60

/** A device with values that arrive by themselves; `trails` holds the last ones of each point for the small lines. */
export class DeviceView {
  readonly #id: () => string
  readonly resource: Resource<DeviceDetail>
  /** Latest value by point id. */
  values = $state<Record<number, PointValue>>({})
  trails = $state.raw<Record<number, readonly (number | null)[]>>({})

  constructor(id: () => string) {
    this.#id = id
    this.resource = new Resource((signal) => this.#load(id(), signal), { everyMs: 30_000 })
    $effect(() =>
      live.subscribe(session.projectId, [id()], {
        values: ({ values }) => this.#take(values),
        resync: () => void this.resource.refresh(),
      }),
    )
  }

  /** The device of the address; while another is still loading, nothing. */
  get device(): DeviceDetail | null {
    const device = this.resource.data
    return device?.id === this.#id() ? device : null
  }

  async #load(id: string, signal: AbortSignal): Promise<DeviceDetail> {
    const device = await call('GET /api/devices/:id', { params: { id }, signal })
    this.#take(device.points.flatMap((point) => point.latest ?? []))
    return device
  }

  /** Takes values that are newer than those shown; a backlog that comes in late changes nothing here. */
  #take(values: readonly PointValue[]): void {
    const trails = { ...this.trails }
    for (const value of values) {
      const known = this.values[value.pointId]
      if (known && known.at >= value.at) continue
      this.values[value.pointId] = value
      const plotted = value.value === null ? null : Number(value.value)
      trails[value.pointId] = [...(trails[value.pointId] ?? []), plotted].slice(-TRAIL)
    }
    this.trails = trails
  }
}
