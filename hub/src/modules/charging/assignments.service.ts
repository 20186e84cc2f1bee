import * as z from 'zod'
import { parseCsv, type CsvRow, type ImportError, type ImportOutcome } from '../../platform/csv.ts'
import type { Hub } from '../../platform/module.ts'
import { findWholeProject } from '../estate/index.ts'
import {
  resolveAssignments,
  saveAssignments,
  type AssignmentChange,
  type AssignmentInput,
  type ResolvedAssignment,
} from './assignments.repository.ts'
import type { Actor } from './bill-run.service.ts'
import { lockCharging } from './bill-runs.repository.ts'
import type { ChargingReason } from './reasons.ts'

const text = z.string().min(1).max(60)
const AssignmentRow = z.object({
  accountNumber: text,
  item: text,
  meteringPoint: text,
  tariff: text,
  from: z.iso.date(),
})

/** Rows of the audit entry: enough to see what a file did, not the file itself. */
const AUDITED_ROWS = 100

/**
 * Says which household pays what by which metering point and tariff, from a day on, until the next row of the same
 * point and item. All rows or none; with errors or `dryRun` nothing is stored. A row that is there already changes
 * nothing. What was billed stays: a change must begin after the last issued bill of both households.
 */
export async function importAssignments(
  hub: Hub,
  { user, audit }: Actor,
  projectId: string,
  csv: string,
  dryRun: boolean,
): Promise<ImportOutcome> {
  await findWholeProject(hub, user, projectId, 'charging.write')
  const parsed = parseCsv(csv, AssignmentRow)
  if (parsed.errors.length > 0) return refused(dryRun, parsed.errors)
  const { rows } = parsed
  return hub.db.transaction(async (client) => {
    await lockCharging(client, projectId)
    const resolved = await resolveAssignments(
      client,
      projectId,
      rows.map(({ value }) => value),
    )
    const errors = rows.flatMap((row, index) => rowErrors(row, resolved[index]!))
    errors.push(...duplicates(rows))
    if (errors.length > 0)
      return refused(dryRun, errors.sort((a, b) => a.row - b.row).slice(0, 200), rows.length)
    const created = resolved.filter((found) => found.existingId === null)
    const updated = resolved.filter((found) => found.existingId !== null && differs(found))
    const result = { dryRun, rows: rows.length, created: created.length, updated: updated.length, errors: [] }
    const changes = rows.flatMap((row, index) => change(row.value, resolved[index]!))
    if (dryRun || changes.length === 0) return result
    await saveAssignments(client, projectId, changes)
    await audit(client, {
      action: 'assignment.import',
      entity: 'chargeAssignment',
      projectId,
      before: updated.slice(0, AUDITED_ROWS).map(({ existingId, existingHouseholdId, existingTariffId }) => ({
        id: existingId,
        householdId: existingHouseholdId,
        tariffId: existingTariffId,
      })),
      after: { ...result, changes: changes.slice(0, AUDITED_ROWS) },
    })
    return result
  })
}

function refused(dryRun: boolean, errors: ImportError[], rows = 0): ImportOutcome {
  return { dryRun, rows, created: 0, updated: 0, errors }
}

function rowErrors({ row, value }: CsvRow<AssignmentInput>, found: ResolvedAssignment): ImportError[] {
  const errors: ImportError[] = []
  const wrong = (column: keyof AssignmentInput, reason: ChargingReason) =>
    errors.push({ row, column, reason })
  if (!found.householdId)
    wrong('accountNumber', { code: 'assignment.no_household', account: value.accountNumber })
  if (!found.itemId) wrong('item', { code: 'assignment.no_item', item: value.item })
  if (!found.meteringPointId)
    wrong('meteringPoint', { code: 'assignment.no_point', point: value.meteringPoint })
  if (!found.tariffId) wrong('tariff', { code: 'assignment.no_tariff', tariff: value.tariff })
  if (errors.length > 0) return errors
  if (found.pointMedium !== found.itemMedium) {
    const medium = { code: `medium.${found.pointMedium}` }
    const wanted = { code: `medium.${found.itemMedium}` }
    wrong('meteringPoint', { code: 'assignment.other_medium', medium, wanted })
  }
  if (found.pointUnit !== found.itemUnit) {
    const [unit, wanted] = [found.pointUnit ?? '', found.itemUnit ?? '']
    wrong('meteringPoint', { code: 'assignment.other_unit', unit, wanted })
  }
  if (found.tariffUnit !== found.itemUnit) {
    const [unit, wanted] = [found.tariffUnit ?? '', found.itemUnit ?? '']
    wrong('tariff', { code: 'assignment.other_price_unit', unit, wanted })
  }
  const changes = found.existingId === null || differs(found)
  if (changes && found.billedTo !== null && found.billedTo > value.from) {
    wrong('from', { code: 'assignment.already_billed', day: found.billedTo })
  }
  return errors
}

function duplicates(rows: readonly CsvRow<AssignmentInput>[]): ImportError[] {
  const seen = new Map<string, number>()
  return rows.flatMap(({ row, value }) => {
    const key = JSON.stringify([value.meteringPoint, value.item, value.from])
    const first = seen.get(key)
    if (first === undefined) seen.set(key, row)
    return first === undefined
      ? []
      : [{ row, column: 'meteringPoint', reason: { code: 'assignment.twice', row: first } }]
  })
}

function differs(found: ResolvedAssignment): boolean {
  return found.existingHouseholdId !== found.householdId || found.existingTariffId !== found.tariffId
}

function change({ from }: AssignmentInput, found: ResolvedAssignment): AssignmentChange[] {
  if (found.existingId !== null && !differs(found)) return []
  return [
    {
      householdId: found.householdId!,
      itemId: found.itemId!,
      meteringPointId: found.meteringPointId!,
      tariffId: found.tariffId!,
      from,
    },
  ]
}
