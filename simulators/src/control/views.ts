/** What the control port shows of the site, as plain JSON. Decimals are strings. */
import { formatUnits } from '@courtyard/protocols/decimal'
import type { Fault } from '../faults.ts'
import { INSTALLED_AT_MS } from '../load/calendar.ts'
import type { MeterPark, RegisterChange } from '../meter/meter-park.ts'
import type { EndpointAddress } from '../site/site-config.ts'
import type { SimulatedMeter } from '../site/site.types.ts'

export interface TruthView {
  readonly meter: string
  readonly serial: string
  readonly at: string
  /** As the meter shows and sends it, per point key. */
  readonly values: Record<string, string>
  /** The same before the display cuts it off. */
  readonly exact: Record<string, string>
}

/** Throws AppError `simulator.not_found`, `simulator.bad_request` (before the installation). */
export function truthView(park: MeterPark, meterKey: string, atMs: number): TruthView {
  const index = park.indexOf(meterKey)
  const reading = park.read(index, park.moment(atMs))
  const values: Record<string, string> = {}
  const exact: Record<string, string> = {}
  for (const point of park.site.meters[index]!.profile.points) {
    const { units, places } = reading.exact(point.key)
    values[point.key] = formatUnits(reading.shown(point), point.scale)
    exact[point.key] = formatUnits(BigInt(units), places)
  }
  return { meter: meterKey, serial: reading.serial, at: new Date(atMs).toISOString(), values, exact }
}

export function meterView(
  park: MeterPark,
  meter: SimulatedMeter,
  endpoint: EndpointAddress,
  fault: Fault | undefined,
) {
  const { key, name, medium, role, building, room, parent, unitId } = meter
  const serial = park.serialOf(key)
  return {
    ...{ key, serial, name, medium, profile: meter.profile.id, role, building, room, parent },
    ...{ endpoint: endpoint.key, host: endpoint.host, port: endpoint.port, unitId },
    ...(endpoint.rtuPort === undefined ? {} : { rtuPort: endpoint.rtuPort }),
    installedAt: new Date(INSTALLED_AT_MS).toISOString(),
    initialIndex: formatUnits(BigInt(meter.initialIndex), 9),
    fault: fault ?? null,
  }
}

export function changeView(kind: string, meterKey: string, change: RegisterChange) {
  return {
    kind,
    meter: meterKey,
    at: new Date(change.atMs).toISOString(),
    oldSerial: change.oldSerial,
    newSerial: change.newSerial,
    finalIndex: formatUnits(BigInt(change.finalIndex), 9),
    initialIndex: formatUnits(BigInt(change.initialIndex), 9),
  }
}
