/** What the schema of a catalogue can't say. */
import type { CatalogueMessage } from '@courtyard/protocols/contract'
import { parseDecimal, unitsAt } from '@courtyard/protocols/decimal'
import type { GatewayReason } from '../reasons.ts'

/** A point as the hub has it already. */
export interface StoredPoint {
  readonly key: string
  readonly scale: number
  readonly unit: string
  readonly hasReadings: boolean
}

/** Everything that is wrong within the catalogue itself; empty when nothing is. */
export function findContradictions(catalogue: CatalogueMessage): GatewayReason[] {
  const faults: GatewayReason[] = []
  const devices = new Set<string>()
  for (const device of catalogue.devices) {
    if (devices.has(device.key)) faults.push({ code: 'catalogue.device_twice', device: device.key })
    devices.add(device.key)
    const points = new Set<string>()
    for (const point of device.points) {
      if (points.has(point.key)) {
        faults.push({ code: 'catalogue.point_twice', point: `${device.key}/${point.key}` })
      }
      points.add(point.key)
    }
    faults.push(...commandFaults(device))
  }
  return faults
}

function commandFaults(device: CatalogueMessage['devices'][number]): GatewayReason[] {
  const faults: GatewayReason[] = []
  const commands = new Set<string>()
  for (const { key, range } of device.commands ?? []) {
    const command = `${device.key}/${key}`
    if (commands.has(key)) faults.push({ code: 'catalogue.command_twice', command })
    commands.add(key)
    if (range && !isRange(range)) {
      faults.push({ code: 'catalogue.command_range', command, low: range[0], high: range[1] })
    }
  }
  return faults
}

const PLAIN_DECIMAL = /^-?\d{1,15}(\.\d{1,9})?$/

function isRange([low, high]: readonly [string, string]): boolean {
  if (!PLAIN_DECIMAL.test(low) || !PLAIN_DECIMAL.test(high)) return false
  return unitsAt(parseDecimal(low), 9) <= unitsAt(parseDecimal(high), 9)
}

/**
 * Changes that would give stored readings another meaning: their integers are to be read with the point's
 * decimal places and unit. A point that measures otherwise needs a key of its own.
 */
export function findReinterpretations(
  catalogue: CatalogueMessage,
  stored: readonly StoredPoint[],
): GatewayReason[] {
  const byKey = new Map(stored.filter((point) => point.hasReadings).map((point) => [point.key, point]))
  const faults: GatewayReason[] = []
  for (const device of catalogue.devices) {
    for (const point of device.points) {
      const key = `${device.key}/${point.key}`
      const before = byKey.get(key)
      if (!before) continue
      if (before.scale !== point.scale) {
        faults.push({
          code: 'catalogue.other_scale',
          point: key,
          before: before.scale,
          after: point.scale,
        })
      }
      if (before.unit !== point.unit) {
        faults.push({ code: 'catalogue.other_unit', point: key, before: before.unit, after: point.unit })
      }
    }
  }
  return faults
}
