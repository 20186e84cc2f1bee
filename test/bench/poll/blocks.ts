import { formsOf } from '../../../edge/src/drivers/modbus/modbus.points.ts'
import { planRequests } from '../../../edge/src/drivers/modbus/plan.ts'
import type { SiteConfig } from '../../../edge/src/config/index.ts'

/** One read as both programs send it. */
export interface Block {
  readonly bus: number
  readonly port: number
  readonly unitId: number
  readonly function: number
  readonly address: number
  readonly count: number
}

/** The blocks of one full round over the site, as the driver plans them. */
export function blocksOf(site: SiteConfig): Block[] {
  return site.buses.flatMap((bus, busIndex) => {
    const { port } = (bus.config as { transport: { port: number } }).transport
    return bus.devices.flatMap((device) => {
      const { maxRegisters = 125, holeLimit = 8 } = device.profile.modbus ?? {}
      const forms = formsOf(device.profile)
      const { unitId } = device.address as { unitId: number }
      return Object.keys(device.profile.groups).flatMap((group) => {
        const fields = forms.filter((form) => form.group === group).flatMap((form) => form.fields)
        return planRequests(fields, { maxRegisters, holeLimit }).map((request) => ({
          bus: busIndex,
          port,
          unitId,
          function: request.function,
          address: request.address,
          count: request.count,
        }))
      })
    })
  })
}
