/** What an import of metering points and meters would change: rows and what is there in, a plan or errors out. */
import type { MeteringReason } from '../reasons.ts'
import { decimalOf, mantissaAt } from './decimal.ts'
import { findCycle } from './hierarchy.ts'
import { MAX_USAGE_SCALE } from './plan.ts'

/** Of a meter whose maximum nobody has said; the database's default says the same. */
const USUAL_MAX_PER_HOUR = '1000'

export interface RowError {
  readonly row: number
  readonly column: string
  readonly reason: MeteringReason
}

/** A row whose cells have the right form. */
export interface PointImportRow {
  readonly row: number
  readonly code: string
  readonly name: string
  readonly medium: string
  readonly role: string
  readonly building: string | null
  readonly room: string | null
  readonly parent: string | null
  readonly serial: string | null
  readonly manufacturer: string
  readonly model: string
  readonly unit: string
  readonly scale: number
  readonly digits: number | null
  readonly multiplier: string
  /** Plain decimals; null: as it is, or the usual. */
  readonly maxPerHour: string | null
  readonly jitter: string | null
  /** Day; null: as it is. */
  readonly verifiedUntil: string | null
  readonly installedAtMs: number | null
  readonly initialIndex: string | null
}

export interface PointRecord {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly medium: string
  readonly role: string
  readonly unit: string
  readonly buildingId: string | null
  readonly roomId: string | null
  readonly parentId: string | null
}
export interface MeterRecord {
  readonly id: string
  readonly serial: string
  readonly medium: string
  readonly manufacturer: string
  readonly model: string
  readonly unit: string
  readonly scale: number
  readonly digits: number | null
  /** Plain decimals, without zeros at the end. */
  readonly multiplier: string
  readonly maxPerHour: string
  readonly jitter: string
  /** Day, `2026-11-22`. */
  readonly verifiedUntil: string | null
}
export interface InstallationRecord {
  readonly id: string
  readonly meteringPointId: string
  readonly meterId: string
  readonly fromMs: number
  readonly toMs: number | null
  readonly initialIndex: string | null
}

/** The project as it is. */
export interface MeteringEstate {
  readonly buildings: ReadonlyMap<string, string>
  /** `buildingId/roomCode` → id */
  readonly rooms: ReadonlyMap<string, string>
  readonly points: readonly PointRecord[]
  readonly meters: readonly MeterRecord[]
  readonly installations: readonly InstallationRecord[]
  /** Meters with reads that people entered: their scale and unit can't change any more. */
  readonly typedMeters: ReadonlySet<string>
}

export interface Changes<T> {
  readonly created: T[]
  readonly changed: { before: T; after: T }[]
}
export interface PointImportPlan {
  readonly points: Changes<PointRecord>
  readonly meters: Changes<MeterRecord>
  readonly installations: Changes<InstallationRecord>
  /** Rows that make a metering point, and rows that change something that is there. */
  readonly created: number
  readonly updated: number
}

/** `newId` gives identities to what is made. */
export function planPointImport(
  rows: readonly PointImportRow[],
  estate: MeteringEstate,
  newId: () => string,
): { plan: PointImportPlan; errors: RowError[] } {
  const planner = new Planner(estate, newId)
  for (const row of rows) planner.place(row)
  for (const row of rows) planner.install(row)
  planner.checkHierarchy(rows)
  return { plan: planner.plan(), errors: planner.errors }
}

class Planner {
  readonly errors: RowError[] = []
  private readonly estate: MeteringEstate
  private readonly newId: () => string
  private readonly byCode: Map<string, PointRecord>
  private readonly bySerial: Map<string, MeterRecord>
  private readonly points = empty<PointRecord>()
  private readonly meters = empty<MeterRecord>()
  private readonly installations = empty<InstallationRecord>()
  private readonly idOfRow = new Map<PointImportRow, string>()
  private readonly idInFile = new Map<string, string>()
  private readonly installationsByPoint: Map<string, InstallationRecord[]>
  private readonly openByMeter: Map<string, InstallationRecord>
  private readonly closedByMeter: Map<string, InstallationRecord[]>
  private readonly codes = new Map<string, number>()
  private readonly serials = new Map<string, number>()
  private readonly createdRows = new Set<number>()
  private readonly changedRows = new Set<number>()

  constructor(estate: MeteringEstate, newId: () => string) {
    this.estate = estate
    this.newId = newId
    this.byCode = new Map(estate.points.map((point) => [point.code, point]))
    this.bySerial = new Map(estate.meters.map((meter) => [meter.serial, meter]))
    this.installationsByPoint = Map.groupBy(estate.installations, (one) => one.meteringPointId)
    const open = estate.installations.filter((one) => one.toMs === null)
    this.openByMeter = new Map(open.map((one) => [one.meterId, one]))
    const closed = estate.installations.filter((one) => one.toMs !== null)
    this.closedByMeter = Map.groupBy(closed, (one) => one.meterId)
  }

  /** First the identities, so that a parent may stand below its children in the file. */
  place(row: PointImportRow): void {
    this.refuseTwice(this.codes, row, 'code', row.code)
    if (row.serial !== null) this.refuseTwice(this.serials, row, 'serial', row.serial)
    const id = this.byCode.get(row.code)?.id ?? this.newId()
    this.idOfRow.set(row, id)
    this.idInFile.set(row.code, id)
  }

  install(row: PointImportRow): void {
    const id = this.idOfRow.get(row)!
    const before = this.byCode.get(row.code)
    const buildingId = this.buildingOf(row)
    const after: PointRecord = {
      id,
      code: row.code,
      name: row.name,
      medium: row.medium,
      role: row.role,
      unit: row.unit,
      buildingId,
      roomId: this.roomOf(row, buildingId),
      parentId: this.parentOf(row),
    }
    if (before && before.medium !== row.medium && this.installationsAt(id).length > 0) {
      this.refuse(row, 'medium', {
        code: 'point.has_had_meters',
        medium: { code: `medium.${before.medium}` },
      })
    }
    this.note(this.points, before, after, row)
    if (row.serial !== null) this.installMeter(row, row.serial, id)
  }

  checkHierarchy(rows: readonly PointImportRow[]): void {
    const parents = new Map(this.estate.points.map((point) => [point.id, point.parentId]))
    for (const row of rows) parents.set(this.idOfRow.get(row)!, this.parentOf(row, true))
    const cycle = findCycle(parents)
    if (!cycle) return
    const codes = new Map([...this.estate.points.map((point) => [point.id, point.code] as const)])
    for (const row of rows) codes.set(this.idOfRow.get(row)!, row.code)
    const path = [...cycle, cycle[0]!].map((id) => codes.get(id) ?? id).join(' → ')
    const row = rows.find((one) => cycle.includes(this.idOfRow.get(one)!))
    if (row) this.refuse(row, 'parent', { code: 'point.circle', path })
  }

  plan(): PointImportPlan {
    const updated = [...this.changedRows].filter((row) => !this.createdRows.has(row)).length
    const { points, meters, installations } = this
    return { points, meters, installations, created: this.createdRows.size, updated }
  }

  private installMeter(row: PointImportRow, serial: string, pointId: string): void {
    const known = this.bySerial.get(serial)
    const here = this.installationsAt(pointId)
    const open = here.find((one) => one.toMs === null)
    // A file from before a replacement: the meter's part of the row is history
    if (known && open?.meterId !== known.id && here.some((one) => one.meterId === known.id)) return
    this.checkMeter(row, known)
    const meter: MeterRecord = {
      id: known?.id ?? this.newId(),
      serial,
      medium: row.medium,
      manufacturer: row.manufacturer,
      model: row.model,
      unit: row.unit,
      scale: row.scale,
      digits: row.digits,
      multiplier: row.multiplier,
      maxPerHour: row.maxPerHour ?? known?.maxPerHour ?? USUAL_MAX_PER_HOUR,
      jitter: row.jitter ?? known?.jitter ?? '0',
      verifiedUntil: row.verifiedUntil ?? known?.verifiedUntil ?? null,
    }
    this.note(this.meters, known, meter, row)
    if (open && open.meterId !== known?.id) {
      const sitting = this.estate.meters.find((one) => one.id === open.meterId)
      this.refuse(row, 'serial', { code: 'meter.replace_instead', serial: sitting?.serial ?? '?' })
      return
    }
    this.installAt(row, pointId, meter, open, here)
  }

  private installAt(
    row: PointImportRow,
    pointId: string,
    meter: MeterRecord,
    open: InstallationRecord | undefined,
    here: readonly InstallationRecord[],
  ): void {
    const elsewhere = this.openByMeter.get(meter.id)
    if (elsewhere && elsewhere.meteringPointId !== pointId) {
      const place = this.estate.points.find((point) => point.id === elsewhere.meteringPointId)
      this.refuse(row, 'serial', { code: 'meter.installed_at', place: place?.code ?? '?' })
    }
    if (row.installedAtMs === null) {
      this.refuse(row, 'installedAt', { code: 'meter.needs_day' })
      return
    }
    const elsewhereUntil = (this.closedByMeter.get(meter.id) ?? []).find(
      (one) => one.meteringPointId !== pointId && one.toMs! > row.installedAtMs!,
    )
    if (elsewhereUntil) {
      const place = this.estate.points.find((point) => point.id === elsewhereUntil.meteringPointId)
      const until = new Date(elsewhereUntil.toMs!).toISOString()
      this.refuse(row, 'installedAt', {
        code: 'meter.was_installed_at',
        serial: meter.serial,
        place: place?.code ?? '?',
        until,
      })
    }
    const before = here.filter((one) => one.toMs !== null && one.toMs > row.installedAtMs!)
    if (before.length > 0) this.refuse(row, 'installedAt', { code: 'meter.other_there' })
    this.note(
      this.installations,
      open,
      {
        id: open?.id ?? this.newId(),
        meteringPointId: pointId,
        meterId: meter.id,
        fromMs: row.installedAtMs,
        toMs: null,
        initialIndex: row.initialIndex,
      },
      row,
    )
  }

  private checkMeter(row: PointImportRow, known: MeterRecord | undefined): void {
    const multiplier = decimalOf(row.multiplier)
    if (multiplier.mantissa <= 0n) this.refuse(row, 'multiplier', { code: 'number.not_above_zero' })
    if (multiplier.scale > 4) this.refuse(row, 'multiplier', { code: 'number.places', places: 4 })
    if (row.scale + multiplier.scale > MAX_USAGE_SCALE) {
      this.refuse(row, 'multiplier', { code: 'meter.scale_sum', most: MAX_USAGE_SCALE })
    }
    this.checkLimits(row)
    if (known && known.scale !== row.scale && this.estate.typedMeters.has(known.id)) {
      this.refuse(row, 'scale', { code: 'meter.scale_fixed', places: known.scale })
    }
    if (known && known.unit !== row.unit && this.estate.typedMeters.has(known.id)) {
      this.refuse(row, 'unit', { code: 'meter.unit_fixed', unit: known.unit })
    }
    if (row.initialIndex === null) return
    const index = mantissaAt(decimalOf(row.initialIndex), row.scale)
    if (index === null) this.refuse(row, 'initialIndex', { code: 'number.places', places: row.scale })
    else if (index < 0n) this.refuse(row, 'initialIndex', { code: 'register.negative' })
    else if (row.digits !== null && index >= 10n ** BigInt(row.digits)) {
      this.refuse(row, 'initialIndex', { code: 'register.digits', digits: row.digits })
    }
  }

  private checkLimits(row: PointImportRow): void {
    const maxPerHour = row.maxPerHour === null ? null : decimalOf(row.maxPerHour)
    if (maxPerHour && maxPerHour.mantissa <= 0n)
      this.refuse(row, 'maxPerHour', { code: 'number.not_above_zero' })
    if (maxPerHour && maxPerHour.scale > 3)
      this.refuse(row, 'maxPerHour', { code: 'number.places', places: 3 })
    const jitter = row.jitter === null ? null : decimalOf(row.jitter)
    if (jitter && jitter.mantissa < 0n) this.refuse(row, 'jitter', { code: 'number.negative' })
    if (jitter && jitter.scale > 4) this.refuse(row, 'jitter', { code: 'number.places', places: 4 })
  }

  private buildingOf(row: PointImportRow): string | null {
    if (row.building === null) return null
    const id = this.estate.buildings.get(row.building)
    if (id === undefined) this.refuse(row, 'building', { code: 'point.no_building', building: row.building })
    return id ?? null
  }

  private roomOf(row: PointImportRow, buildingId: string | null): string | null {
    if (row.room === null) return null
    if (row.building === null) this.refuse(row, 'room', { code: 'point.room_without_building' })
    const id = buildingId === null ? undefined : this.estate.rooms.get(`${buildingId}/${row.room}`)
    if (buildingId !== null && id === undefined) {
      this.refuse(row, 'room', { code: 'point.no_room', room: row.room, building: row.building ?? '' })
    }
    return id ?? null
  }

  private parentOf(row: PointImportRow, quietly = false): string | null {
    if (row.parent === null) return null
    const id = this.idInFile.get(row.parent) ?? this.byCode.get(row.parent)?.id
    if (id === undefined && !quietly) {
      this.refuse(row, 'parent', { code: 'point.no_parent', parent: row.parent })
    }
    return id ?? null
  }

  private installationsAt(pointId: string): InstallationRecord[] {
    return this.installationsByPoint.get(pointId) ?? []
  }

  private note<T extends object>(
    changes: Changes<T>,
    before: T | undefined,
    after: T,
    row: PointImportRow,
  ): void {
    if (!before) {
      changes.created.push(after)
      if ((changes as unknown) === this.points) this.createdRows.add(row.row)
      else this.changedRows.add(row.row)
    } else if (!sameRecord(before, after)) {
      changes.changed.push({ before, after })
      this.changedRows.add(row.row)
    }
  }

  private refuseTwice(seen: Map<string, number>, row: PointImportRow, column: string, value: string): void {
    const first = seen.get(value)
    if (first === undefined) seen.set(value, row.row)
    else this.refuse(row, column, { code: 'point.twice', value, row: first })
  }

  private refuse(row: PointImportRow, column: string, reason: MeteringReason): void {
    this.errors.push({ row: row.row, column, reason })
  }
}

/** Whether the meter counts otherwise than before: what is only written on it does not change what it measured. */
export function countsOtherwise({ before, after }: { before: MeterRecord; after: MeterRecord }): boolean {
  return !sameRecord(before, { ...after, verifiedUntil: before.verifiedUntil })
}

const empty = <T>(): Changes<T> => ({ created: [], changed: [] })

function sameRecord<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((key) => a[key] === b[key])
}
