/**
 * What an import of rooms changes. Buildings, rooms and households are found by their codes, so importing the
 * same file again changes nothing.
 */
import type { RoomKind } from '@courtyard/protocols/contract'
import type { EstateReason } from '../reasons.ts'

export type HouseholdKind = 'residential' | 'commercial' | 'property'

export interface RoomRow {
  readonly building: string
  readonly buildingName?: string | undefined
  readonly room: string
  readonly kind: RoomKind
  readonly floor?: number | undefined
  /** Square metres, decimal text. */
  readonly areaM2?: string | undefined
  readonly accountNumber?: string | undefined
  readonly householdName?: string | undefined
  readonly householdKind?: HouseholdKind | undefined
}

export interface NumberedRow {
  readonly row: number
  readonly value: RoomRow
}

export interface RowError {
  readonly row: number
  readonly column: string
  readonly reason: EstateReason
}

export interface BuildingRecord {
  readonly id: string
  readonly code: string
  readonly name: string
}
export interface RoomRecord {
  readonly id: string
  readonly buildingId: string
  readonly code: string
  readonly kind: RoomKind
  readonly floor: number | null
  readonly areaM2: string | null
}
export interface HouseholdRecord {
  readonly id: string
  readonly accountNumber: string
  readonly name: string
  readonly kind: HouseholdKind
}

/** What the project has now. */
export interface Estate {
  readonly buildings: readonly BuildingRecord[]
  readonly rooms: readonly RoomRecord[]
  readonly households: readonly HouseholdRecord[]
  /** Room id → household id of those who live there now. */
  readonly occupants: ReadonlyMap<string, string>
  /** Rooms in which somebody lives or lived. */
  readonly everOccupied: ReadonlySet<string>
}

interface Changes<T> {
  readonly created: T[]
  readonly changed: T[]
}

export interface ImportPlan {
  readonly buildings: Changes<BuildingRecord>
  readonly rooms: Changes<RoomRecord>
  readonly households: Changes<HouseholdRecord>
  readonly movedOut: { roomId: string; householdId: string }[]
  /** `since` is `always` for the first household that a room is known to have. */
  readonly movedIn: { roomId: string; householdId: string; since: 'always' | 'now' }[]
  /** Rows whose room is new. */
  readonly createdRows: number
  /** Rows that change something that was there. */
  readonly updatedRows: number
}

/** Faults that only show when rows are seen together. */
export function checkRows(rows: readonly NumberedRow[]): RowError[] {
  const errors: RowError[] = []
  const rooms = new Map<string, number>()
  const buildingNames = new Map<string, NumberedRow>()
  const accounts = new Map<string, NumberedRow>()
  for (const numbered of rows) {
    const { row, value } = numbered
    const key = JSON.stringify([value.building, value.room])
    const earlier = rooms.get(key)
    if (earlier !== undefined) {
      errors.push({
        row,
        column: 'room',
        reason: { code: 'room.twice', building: value.building, room: value.room, row: earlier },
      })
    }
    rooms.set(key, row)
    errors.push(...disagreement(numbered, buildingNames, value.building, 'buildingName'))
    errors.push(...checkHousehold(numbered, accounts))
  }
  return errors
}

function checkHousehold(numbered: NumberedRow, accounts: Map<string, NumberedRow>): RowError[] {
  const { row, value } = numbered
  const { accountNumber, householdName, householdKind } = value
  if (accountNumber === undefined) {
    if (householdName === undefined && householdKind === undefined) return []
    return [{ row, column: 'accountNumber', reason: { code: 'room.no_account' } }]
  }
  const missing = (['householdName', 'householdKind'] as const).filter(
    (column) => value[column] === undefined,
  )
  if (missing.length > 0) return missing.map((column) => ({ row, column, reason: { code: 'room.empty' } }))
  const known = accounts.get(accountNumber)
  return [
    ...disagreement(numbered, accounts, accountNumber, 'householdName'),
    ...(known && known.value.householdKind !== householdKind
      ? [
          {
            row,
            column: 'householdKind',
            reason: {
              code: 'room.other_kind',
              row: known.row,
              said: known.value.householdKind ?? '',
            } as const,
          },
        ]
      : []),
  ]
}

/** Rows of the same building or account must say the same. Remembers the first row of each key. */
function disagreement(
  numbered: NumberedRow,
  first: Map<string, NumberedRow>,
  key: string,
  column: 'buildingName' | 'householdName',
): RowError[] {
  const said = numbered.value[column]
  const known = first.get(key)
  if (!known) {
    if (said !== undefined) first.set(key, numbered)
    return []
  }
  if (said === undefined || known.value[column] === said) return []
  const code = column === 'buildingName' ? 'room.other_building_name' : 'room.other_household_name'
  const reason: EstateReason = { code, row: known.row, said: known.value[column] ?? '' }
  return [{ row: numbered.row, column, reason }]
}

/** Rows must have passed `checkRows`. */
export function planImport(rows: readonly NumberedRow[], estate: Estate, newId: () => string): ImportPlan {
  const planner = new Planner(estate, newId)
  for (const { value } of rows) planner.add(value)
  return planner.plan()
}

/** Records by code; tells what was made and what changed. */
class Register<T extends { readonly id: string }> {
  readonly created = new Map<string, T>()
  readonly changed = new Map<string, T>()
  private readonly known = new Map<string, T>()

  constructor(records: readonly T[], keyOf: (record: T) => string) {
    for (const record of records) this.known.set(keyOf(record), record)
  }

  get(key: string): T | undefined {
    return this.created.get(key) ?? this.changed.get(key) ?? this.known.get(key)
  }

  /** @returns whether the record is new, different or as it was */
  put(key: string, record: T): 'created' | 'changed' | 'same' {
    const before = this.get(key)
    if (before && sameRecord(before, record)) return 'same'
    if (before && !this.created.has(key)) {
      this.changed.set(key, record)
      return 'changed'
    }
    this.created.set(key, record)
    return before ? 'changed' : 'created'
  }

  changes(): Changes<T> {
    return { created: [...this.created.values()], changed: [...this.changed.values()] }
  }
}

function sameRecord<T extends object>(left: T, right: T): boolean {
  return Object.entries(left).every(([name, value]) => value === right[name as keyof T])
}

class Planner {
  private readonly estate: Estate
  private readonly newId: () => string
  private readonly buildings: Register<BuildingRecord>
  private readonly rooms: Register<RoomRecord>
  private readonly households: Register<HouseholdRecord>
  private readonly movedOut: ImportPlan['movedOut'] = []
  private readonly movedIn: ImportPlan['movedIn'] = []
  private changedRows = 0
  private createdRows = 0

  constructor(estate: Estate, newId: () => string) {
    this.estate = estate
    this.newId = newId
    this.buildings = new Register(estate.buildings, (building) => building.code)
    this.rooms = new Register(estate.rooms, (room) => roomKey(room.buildingId, room.code))
    this.households = new Register(estate.households, (household) => household.accountNumber)
  }

  add(row: RoomRow): void {
    const building = this.addBuilding(row)
    const room = this.addRoom(row, building.record.id)
    const household = this.addHousehold(row)
    const moved = this.move(room.record.id, household?.record.id ?? null)
    const outcomes = [building.outcome, room.outcome, household?.outcome]
    if (room.outcome === 'created') this.createdRows++
    if (moved || outcomes.some((one) => one && one !== 'same')) this.changedRows++
  }

  plan(): ImportPlan {
    const { movedOut, movedIn, createdRows, changedRows } = this
    return {
      buildings: this.buildings.changes(),
      rooms: this.rooms.changes(),
      households: this.households.changes(),
      movedOut,
      movedIn,
      createdRows,
      updatedRows: changedRows - createdRows,
    }
  }

  private addBuilding(row: RoomRow) {
    const known = this.buildings.get(row.building)
    const record = {
      id: known?.id ?? this.newId(),
      code: row.building,
      name: row.buildingName ?? known?.name ?? row.building,
    }
    return { record, outcome: this.buildings.put(row.building, record) }
  }

  private addRoom(row: RoomRow, buildingId: string) {
    const key = roomKey(buildingId, row.room)
    const record: RoomRecord = {
      id: this.rooms.get(key)?.id ?? this.newId(),
      buildingId,
      code: row.room,
      kind: row.kind,
      floor: row.floor ?? null,
      areaM2: row.areaM2 === undefined ? null : plainDecimal(row.areaM2),
    }
    return { record, outcome: this.rooms.put(key, record) }
  }

  private addHousehold(row: RoomRow) {
    const { accountNumber, householdName, householdKind } = row
    if (accountNumber === undefined || householdName === undefined || householdKind === undefined) return null
    const id = this.households.get(accountNumber)?.id ?? this.newId()
    const record = { id, accountNumber, name: householdName, kind: householdKind }
    return { record, outcome: this.households.put(accountNumber, record) }
  }

  private move(roomId: string, householdId: string | null): boolean {
    const before = this.estate.occupants.get(roomId) ?? null
    if (before === householdId) return false
    if (before !== null) this.movedOut.push({ roomId, householdId: before })
    if (householdId !== null) {
      this.movedIn.push({
        roomId,
        householdId,
        since: this.estate.everOccupied.has(roomId) ? 'now' : 'always',
      })
    }
    return true
  }
}

function roomKey(buildingId: string, code: string): string {
  return `${buildingId}/${code}`
}

/** `080.50` and `80.5` are the same area. */
export function plainDecimal(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.')
  const kept = fraction.replace(/0+$/, '')
  const plain = whole.replace(/^(-?)0+(?=\d)/, '$1')
  return kept ? `${plain}.${kept}` : plain
}
