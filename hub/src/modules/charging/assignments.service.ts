import type { ImportResult } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { parseCsv, type CsvRow, type ImportError } from '../../platform/csv.ts'
import type { Hub } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import {
  resolveAssignments,
  saveAssignments,
  type AssignmentChange,
  type AssignmentInput,
  type ResolvedAssignment,
} from './assignments.repository.ts'
import type { Actor } from './bill-run.service.ts'
import { lockCharging } from './bill-runs.repository.ts'

const text = z.string().min(1).max(60)
const AssignmentRow = z.object({
  accountNumber: text,
  item: text,
  meteringPoint: text,
  tariff: text,
  from: z.iso.date('must be a day such as 2026-06-01'),
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
): Promise<ImportResult> {
  await findProject(hub, user, projectId)
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

function refused(dryRun: boolean, errors: ImportError[], rows = 0): ImportResult {
  return { dryRun, rows, created: 0, updated: 0, errors }
}

function rowErrors({ row, value }: CsvRow<AssignmentInput>, found: ResolvedAssignment): ImportError[] {
  const errors: ImportError[] = []
  const wrong = (column: keyof AssignmentInput, reason: string) => errors.push({ row, column, reason })
  if (!found.householdId) wrong('accountNumber', `There is no household ${value.accountNumber}`)
  if (!found.itemId) wrong('item', `There is no charge item ${value.item}`)
  if (!found.meteringPointId) wrong('meteringPoint', `There is no metering point ${value.meteringPoint}`)
  if (!found.tariffId) wrong('tariff', `There is no tariff ${value.tariff}`)
  if (errors.length > 0) return errors
  if (found.pointMedium !== found.itemMedium) {
    wrong('meteringPoint', `measures ${found.pointMedium}, but the item is for ${found.itemMedium}`)
  }
  if (found.pointUnit !== found.itemUnit) {
    wrong('meteringPoint', `measures in ${found.pointUnit}, but the item is in ${found.itemUnit}`)
  }
  if (found.tariffUnit !== found.itemUnit) {
    wrong('tariff', `is priced per ${found.tariffUnit}, but the item is in ${found.itemUnit}`)
  }
  const changes = found.existingId === null || differs(found)
  if (changes && found.billedTo !== null && found.billedTo > value.from) {
    wrong('from', `bills were issued up to here; the change can begin on ${found.billedTo} at the earliest`)
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
      : [{ row, column: 'meteringPoint', reason: `The same point, item and day stand in row ${first}` }]
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
