/** What the wizard makes of a plan: pure, so that the preview shows exactly what is made. */
import type { DeliveryState, GenerationPlan, RoomKind } from '@courtyard/protocols/contract'
import type { EstateReason } from '../reasons.ts'

export interface PlannedRoom {
  readonly code: string
  readonly kind: RoomKind
  /** Position in the building's units; null without units. */
  readonly unit: number | null
  readonly floor: number
  readonly areaM2: string | null
  readonly usableAreaM2: string | null
  readonly deliveryState: DeliveryState
}
export interface PlannedBuilding {
  readonly code: string
  readonly name: string
  readonly position: number
  readonly units: readonly { readonly code: string; readonly name: string }[]
  readonly rooms: readonly PlannedRoom[]
}
export interface PlanFault {
  readonly path: string
  readonly reason: EstateReason
}

/** Rooms of one run: enough for twenty towers, and still one statement. */
export const MOST_ROOMS = 20_000

/** Buildings with units and rooms, or what is wrong with the plan. */
export function planGeneration(
  plan: GenerationPlan,
): { buildings: PlannedBuilding[]; faults: [] } | { buildings: []; faults: PlanFault[] } {
  const faults = rangeFaults(plan)
  if (faults.length > 0) return { buildings: [], faults }
  const buildings = numbersOf(plan.buildings).map((n, position) => plannedBuilding(plan, n, position))
  const wrong = [...buildingFaults(buildings), ...numberFaults(buildings)]
  return wrong.length > 0 ? { buildings: [], faults: wrong } : { buildings, faults: [] }
}

function rangeFaults(plan: GenerationPlan): PlanFault[] {
  const faults: PlanFault[] = []
  const patterns: [string, string, readonly string[]][] = [
    ['buildings.code', plan.buildings.code, ['n']],
    ['buildings.name', plan.buildings.name, ['n']],
    ['units.code', plan.units.code, ['n', 'building']],
    ['units.name', plan.units.name, ['n', 'building']],
    ['number', plan.number, ROOM_NAMES],
    ['basement.number', plan.basement?.number ?? '', ROOM_NAMES],
  ]
  for (const [path, pattern, names] of patterns) {
    const unknown = unknownName(pattern, names)
    if (unknown !== null)
      faults.push({ path, reason: { code: 'generation.unknown_placeholder', name: unknown } })
  }
  if (numbersOf(plan.buildings).length === 0) {
    faults.push({ path: 'buildings.to', reason: { code: 'generation.no_numbers' } })
  }
  const floors = numbersOf(plan.floors).length
  if (floors === 0) faults.push({ path: 'floors.to', reason: { code: 'generation.no_numbers' } })
  const rooms = roomCount(plan, floors)
  if (rooms > MOST_ROOMS) {
    faults.push({ path: 'rooms', reason: { code: 'generation.too_many', rooms, most: MOST_ROOMS } })
  }
  return faults
}

const ROOM_NAMES = ['building', 'unit', 'floor', 'n'] as const

function roomCount(plan: GenerationPlan, floors: number): number {
  const units = Math.max(plan.units.count, 1)
  const below = plan.basement ? plan.basement.levels * plan.basement.roomsPerLevel : 0
  return numbersOf(plan.buildings).length * (units * floors * plan.rooms.length + below)
}

/** From one number to another without those that are left out. */
export function numbersOf(range: { from: number; to: number; skip: readonly number[] }): number[] {
  const left = new Set(range.skip)
  const length = Math.max(range.to - range.from + 1, 0)
  return Array.from({ length }, (_, i) => range.from + i).filter((n) => !left.has(n))
}

function plannedBuilding(plan: GenerationPlan, n: number, position: number): PlannedBuilding {
  const code = fill(plan.buildings.code, { n })
  const units = Array.from({ length: plan.units.count }, (_, i) => ({
    code: fill(plan.units.code, { n: i + 1, building: code }),
    name: fill(plan.units.name, { n: i + 1, building: code }),
  }))
  const rooms = [...roomsAbove(plan, code, units), ...roomsBelow(plan, code)]
  return { code, name: fill(plan.buildings.name, { n }), position, units, rooms }
}

function roomsAbove(plan: GenerationPlan, building: string, units: PlannedBuilding['units']): PlannedRoom[] {
  const entrances =
    units.length > 0 ? units.map(({ code }, unit) => ({ code, unit })) : [{ code: '', unit: null }]
  return numbersOf(plan.floors).flatMap((floor) =>
    entrances.flatMap(({ code, unit }) =>
      plan.rooms.map((room, i) => ({
        ...room,
        code: fill(plan.number, { building, unit: code, floor, n: i + 1 }),
        unit,
        floor,
        deliveryState: plan.deliveryState,
      })),
    ),
  )
}

/** Basements lie under the whole building, in no unit. */
function roomsBelow({ basement, deliveryState }: GenerationPlan, building: string): PlannedRoom[] {
  if (!basement) return []
  const { levels, roomsPerLevel, kind, areaM2, number } = basement
  return Array.from({ length: levels }, (_, level) =>
    Array.from({ length: roomsPerLevel }, (_, i) => ({
      code: fill(number, { building, unit: '', floor: `B${level + 1}`, n: i + 1 }),
      kind,
      unit: null,
      floor: -(level + 1),
      areaM2,
      usableAreaM2: null,
      deliveryState,
    })),
  ).flat()
}

const PLACEHOLDER = /\{(\w+)(?::(\d))?\}/g

/** `{floor:2}{n:2}` with floor 3 and n 1 is `0301`. */
export function fill(pattern: string, values: Readonly<Record<string, string | number>>): string {
  return pattern.replaceAll(PLACEHOLDER, (_, name: string, width?: string) =>
    String(values[name] ?? '').padStart(Number(width ?? 0), '0'),
  )
}

function unknownName(pattern: string, names: readonly string[]): string | null {
  const unknown = [...pattern.matchAll(PLACEHOLDER)].find(([, name]) => !names.includes(name!))
  return unknown?.[1] ?? null
}

function buildingFaults(buildings: readonly PlannedBuilding[]): PlanFault[] {
  const twice = repeated(buildings.map(({ code }) => code))
  if (twice !== null)
    return [{ path: 'buildings.code', reason: { code: 'generation.same_code', said: twice } }]
  const unit = repeated(buildings[0]!.units.map(({ code }) => code))
  return unit === null ? [] : [{ path: 'units.code', reason: { code: 'generation.same_code', said: unit } }]
}

/** Numbers are unique in a building, so a pattern has to tell units and floors apart. */
function numberFaults(buildings: readonly PlannedBuilding[]): PlanFault[] {
  const first = buildings[0]!
  const above = repeated(first.rooms.filter(({ floor }) => floor > 0).map(({ code }) => code))
  if (above !== null) return [{ path: 'number', reason: { code: 'generation.same_number', said: above } }]
  const any = repeated(first.rooms.map(({ code }) => code))
  if (any !== null)
    return [{ path: 'basement.number', reason: { code: 'generation.same_number', said: any } }]
  const long = first.rooms.find(({ code }) => code === '' || code.length > 40)
  return long ? [{ path: 'number', reason: { code: 'generation.bad_number', said: long.code } }] : []
}

function repeated(texts: readonly string[]): string | null {
  const seen = new Set<string>()
  for (const text of texts) {
    if (seen.has(text)) return text
    seen.add(text)
  }
  return null
}
