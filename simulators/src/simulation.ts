/** The running neighbourhood: its meters, their faults and what was asked of them. */
import { parseDecimal, unitsAt } from '@courtyard/protocols/decimal'
import { changeView, meterView, type TruthView, truthView } from './control/views.ts'
import type { Fault, FaultRequest } from './faults.ts'
import { INSTALLED_AT_MS } from './load/calendar.ts'
import { MeterPark } from './meter/meter-park.ts'
import { restoreRegisters, saveRegisters } from './meter/register-store.ts'
import { emptyStats, type ServerStats } from './modbus/stats.ts'
import type { EndpointAddress } from './site/site-config.ts'
import type { Site } from './site/site.types.ts'

export class Simulation {
  readonly site: Site
  readonly park: MeterPark
  readonly now: () => number
  readonly counters: ServerStats = emptyStats()
  private readonly faults = new Map<string, Fault>()
  private endpoints: readonly EndpointAddress[] = []
  private readonly startedAtMs: number

  private readonly stateFile: string | undefined

  /** Throws AppError `simulator.bad_options` when the state file is of no use. */
  constructor(site: Site, now: () => number, stateFile?: string) {
    this.site = site
    this.park = new MeterPark(site)
    this.stateFile = stateFile
    if (stateFile !== undefined) restoreRegisters(stateFile, this.park)
    this.now = now
    this.startedAtMs = now()
  }

  /** Called once, when the ports are known. */
  setEndpoints(endpoints: readonly EndpointAddress[]): void {
    this.endpoints = endpoints
  }

  faultOf = (meterKey: string): Fault | undefined => this.faults.get(meterKey)

  /** What the meter's points are at an instant (now, when none is given). Throws AppErrors of `truthView`. */
  truth(meterKey: string, atMs: number = this.now()): TruthView {
    return truthView(this.park, meterKey, atMs)
  }

  /**
   * Switches a fault on, or lets something happen to the register, and tells what it was. Throws AppError
   * `simulator.not_found`, `simulator.fault_impossible`.
   */
  setFault(meterKey: string, wanted: FaultRequest): object {
    this.park.indexOf(meterKey)
    const atMs = this.now()
    if (wanted.kind !== 'rollover' && wanted.kind !== 'replacement') {
      this.faults.set(meterKey, wanted)
      return { meter: meterKey, fault: wanted }
    }
    const change =
      wanted.kind === 'rollover'
        ? this.park.setBeforeRollover(meterKey, atMs, nano(wanted.remaining))
        : this.park.replace(meterKey, atMs, nano(wanted.initialIndex), wanted.serial)
    if (this.stateFile !== undefined) saveRegisters(this.stateFile, this.park)
    return changeView(wanted.kind, meterKey, change)
  }

  clearFault(meterKey: string): object {
    this.park.indexOf(meterKey)
    this.faults.delete(meterKey)
    return { meter: meterKey, fault: null }
  }

  stats(): ServerStats & { startedAt: string; meters: number; endpoints: number } {
    const { meters, endpoints } = this.site
    const startedAt = new Date(this.startedAtMs).toISOString()
    return { startedAt, meters: meters.length, endpoints: endpoints.length, ...this.counters }
  }

  meterViews() {
    return this.site.meters.map((meter) => {
      const endpoint = this.endpoints.find(({ key }) => key === meter.endpoint)
      if (!endpoint) throw new Error(`endpoint ${meter.endpoint} has no address yet`)
      return meterView(this.park, meter, endpoint, this.faultOf(meter.key))
    })
  }

  /** All that the demo imports into the hub. */
  siteView() {
    const { seed, project, buildings, rooms, households, shops } = this.site
    return {
      ...{
        seed,
        installedAt: new Date(INSTALLED_AT_MS).toISOString(),
        project,
        buildings,
        rooms,
        households,
        shops,
      },
      endpoints: this.endpoints,
      meters: this.meterViews(),
    }
  }
}

function nano(text: string): number {
  return Number(unitsAt(parseDecimal(text), 9))
}
