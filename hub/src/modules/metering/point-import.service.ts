/** Import of metering points, meters and installations from CSV: everything or nothing. */
import { randomUUID } from 'node:crypto'
import { Medium, MeteringRole } from '@courtyard/protocols/contract'
import * as z from 'zod'
import type { Audit } from '../../platform/audit/audit.ts'
import { csvBetween, csvDecimal, parseCsv, type CsvRow, type ImportOutcome } from '../../platform/csv.ts'
import type { Hub } from '../../platform/module.ts'
import type { PlatformReasonCode } from '../../platform/reasons/platform-reasons.ts'
import { bindMeters, invalidate, markMeters, pointsOfMeters } from './binding.repository.ts'
import { calendarOf } from './domain/calendar.ts'
import { decimalOf, formatDecimal } from './domain/decimal.ts'
import {
  countsOtherwise,
  planPointImport,
  type PointImportPlan,
  type PointImportRow,
} from './domain/point-import.ts'
import type { MeteringReason } from './reasons.ts'
import { applyPointImport, loadMeteringEstate, lockMetering } from './point-import.repository.ts'

const code = z.string().max(60)
const text = z.string().max(80)
const told = (code: MeteringReason['code'] | PlatformReasonCode) => code

/** What numeric(12, 4) holds in any case. */
const limit = csvDecimal.refine(
  (value) => value.replace('-', '').split('.')[0]!.length <= 8,
  told('number.too_large'),
)

const Row = z.object({
  code,
  name: text,
  medium: Medium,
  role: MeteringRole.default('other'),
  building: code.optional(),
  room: code.optional(),
  parent: code.optional(),
  serial: code.optional(),
  manufacturer: text.default(''),
  model: text.default(''),
  unit: z.string().max(10).optional(),
  scale: csvBetween(0, 9).default(2),
  digits: csvBetween(1, 18).optional(),
  multiplier: csvDecimal.default('1'),
  maxPerHour: limit.optional(),
  jitter: limit.optional(),
  verifiedUntil: z.iso.date().optional(),
  installedAt: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], told('input.day_or_instant'))
    .optional(),
  initialIndex: csvDecimal.optional(),
})

const UNITS: Partial<Record<Medium, string>> = { electricity: 'kWh', water: 'm³', gas: 'm³', heat: 'kWh' }

export interface PointImport {
  readonly projectId: string
  readonly timeZone: string
  readonly text: string
  readonly dryRun: boolean
  readonly audit: Audit
}

/**
 * Metering points are known by their code, meters by their serial; importing the same file again changes nothing. An
 * installation day without a time begins at the project's midnight.
 */
export async function importPoints(hub: Hub, input: PointImport): Promise<ImportOutcome> {
  const { dryRun } = input
  const parsed = parseCsv(input.text, Row)
  const refused = (errors: ImportOutcome['errors'], rows: number): ImportOutcome => ({
    dryRun,
    rows,
    created: 0,
    updated: 0,
    errors,
  })
  if (parsed.errors.length > 0) return refused(parsed.errors, 0)
  const rows = parsed.rows.map((row) => importRow(row, input.timeZone))
  return hub.db.transaction(async (client) => {
    await lockMetering(client, input.projectId)
    const estate = await loadMeteringEstate(client, input.projectId)
    const { plan, errors } = planPointImport(rows, estate, randomUUID)
    if (errors.length > 0) return refused(errors.sort((a, b) => a.row - b.row).slice(0, 200), rows.length)
    if (!dryRun) {
      await applyPointImport(client, input.projectId, plan, hub.clock.now())
      await recomputeWhatChanged(client, plan)
      await auditPlan(client, input, plan)
    }
    return { dryRun, rows: rows.length, created: plan.created, updated: plan.updated, errors: [] }
  })
}

function importRow({ row, value }: CsvRow<z.output<typeof Row>>, timeZone: string): PointImportRow {
  const { installedAt, multiplier, ...rest } = value
  return {
    ...rest,
    row,
    building: value.building ?? null,
    room: value.room ?? null,
    parent: value.parent ?? null,
    serial: value.serial ?? null,
    unit: value.unit ?? UNITS[value.medium] ?? '',
    digits: value.digits ?? null,
    multiplier: plain(multiplier)!,
    maxPerHour: plain(value.maxPerHour),
    jitter: plain(value.jitter),
    verifiedUntil: value.verifiedUntil ?? null,
    initialIndex: plain(value.initialIndex),
    installedAtMs: installedAt === undefined ? null : instantOf(installedAt, timeZone),
  }
}

/** Without zeros at the end. */
function plain(text: string | undefined): string | null {
  if (text === undefined) return null
  const { mantissa, scale } = decimalOf(text)
  return formatDecimal(mantissa, scale)
}

function instantOf(given: string, timeZone: string): number {
  return given.includes('T') ? Date.parse(given) : calendarOf(timeZone).localDay(given).startMs
}

type Client = Parameters<typeof invalidate>[0]

/** A changed meter or installation lies under every row of its metering point; a new one has only to be read. */
async function recomputeWhatChanged(client: Client, plan: PointImportPlan): Promise<void> {
  const meters = new Set(plan.meters.changed.filter(countsOtherwise).map(({ after }) => after.id))
  const touched = plan.installations.changed.map(({ after }) => after.meteringPointId)
  await invalidate(client, await pointsWith(client, [...meters], touched))
  const created = plan.installations.created.map((one) => one.meterId)
  const bindable = [...plan.meters.created.map((meter) => meter.id), ...meters, ...created]
  await bindMeters(client, [...new Set(bindable)])
  await markMeters(client, created)
}

async function pointsWith(
  client: Client,
  meterIds: readonly string[],
  pointIds: readonly string[],
): Promise<string[]> {
  return [...new Set([...pointIds, ...(await pointsOfMeters(client, meterIds))])]
}

/** Records of a kind in an audit entry: enough to see what a file did, not the file itself. */
const AUDITED = 200

async function auditPlan(client: Client, input: PointImport, plan: PointImportPlan): Promise<void> {
  const count = (part: { created: unknown[]; changed: unknown[] }) => ({
    created: part.created.length,
    changed: part.changed.length,
  })
  await input.audit(client, {
    action: 'meters.import',
    entity: 'project',
    entityId: input.projectId,
    projectId: input.projectId,
    before: {
      points: plan.points.changed.slice(0, AUDITED).map(({ before }) => before),
      meters: plan.meters.changed.slice(0, AUDITED).map(({ before }) => before),
      installations: plan.installations.changed.slice(0, AUDITED).map(({ before }) => before),
    },
    after: {
      points: {
        ...count(plan.points),
        changed: plan.points.changed.slice(0, AUDITED).map(({ after }) => after),
      },
      meters: {
        ...count(plan.meters),
        changed: plan.meters.changed.slice(0, AUDITED).map(({ after }) => after),
      },
      installations: {
        ...count(plan.installations),
        changed: plan.installations.changed.slice(0, AUDITED).map(({ after }) => after),
      },
    },
  })
}
