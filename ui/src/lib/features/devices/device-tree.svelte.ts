import type { RouteResponse } from '@courtyard/protocols/contract'
import { getContext, setContext } from 'svelte'
import { call } from '#lib/api/client.ts'
import { live } from '#lib/state/live.svelte.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'

export type DeviceRow = RouteResponse<'GET /api/devices'>[number]
export type GatewayRow = RouteResponse<'GET /api/gateways'>[number]

/** Gateways and their devices of the project, kept fresh; shared by the pages under `/devices`. */
export class DeviceTree {
  readonly gateways = new Resource(
    (signal) => call('GET /api/gateways', { query: { projectId: session.projectId }, signal }),
    { everyMs: 30_000 },
  )
  readonly devices = new Resource(
    (signal) => call('GET /api/devices', { query: { projectId: session.projectId }, signal }),
    { everyMs: 30_000 },
  )

  constructor() {
    let timer: ReturnType<typeof setTimeout> | undefined
    // Gateways report every few seconds; the tree follows at most once in five.
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        void this.refresh()
      }, 5000)
    }
    $effect(() =>
      live.subscribe(session.projectId, [], { gateways: soon, resync: () => void this.refresh() }),
    )
    $effect(() => () => clearTimeout(timer))
  }

  async refresh(): Promise<void> {
    await Promise.all([this.gateways.refresh(), this.devices.refresh()])
  }
  gateway(id: string): GatewayRow | undefined {
    return this.gateways.data?.find((gateway) => gateway.id === id)
  }
  /** Puts the answer of a write in place at once. */
  replaceGateway(gateway: GatewayRow): void {
    const others = (this.gateways.data ?? []).filter(({ id }) => id !== gateway.id)
    this.gateways.set([...others, gateway].toSorted((a, b) => a.name.localeCompare(b.name)))
  }
}

const key = Symbol('device tree')
export const provideDeviceTree = (): DeviceTree => setContext(key, new DeviceTree())
export const useDeviceTree = (): DeviceTree => getContext<DeviceTree>(key)

/** Devices whose name, address, serial number or model holds all the words. */
export function searchDevices(devices: readonly DeviceRow[], text: string): DeviceRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return devices.filter((device) => {
    const hay = [
      device.name,
      device.key,
      device.address,
      device.serial,
      device.model,
      device.meteringPoint?.name,
    ]
      .join(' ')
      .toLowerCase()
    return words.every((word) => hay.includes(word))
  })
}
