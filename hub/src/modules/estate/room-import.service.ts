import { randomUUID } from 'node:crypto'
import { HouseholdKind, RoomKind } from '@courtyard/protocols/contract'
import type pg from 'pg'
import * as z from 'zod'
import type { Audit } from '../../platform/audit/audit.ts'
import { csvInteger, parseCsv, type ImportOutcome } from '../../platform/csv.ts'
import type { Hub } from '../../platform/module.ts'
import { checkRows, planImport, type Estate, type ImportPlan } from './domain/room-import.ts'
import { emitRecordEvents } from '../../platform/resource/record-events.ts'
import { buildingResource, roomResource } from './estate.resource.ts'
import { householdResource } from './household.resource.ts'
import type { EstateReason } from './reasons.ts'
import { applyImport, loadEstate, lockEstate } from './room-import.repository.ts'

const code = z.string().max(40)
const name = z.string().max(80)

const RoomRow = z.object({
  building: code,
  buildingName: name.optional(),
  room: code,
  kind: RoomKind.default('flat'),
  floor: csvInteger.optional(),
  areaM2: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,2})?$/, 'room.bad_area' satisfies EstateReason['code'])
    .optional(),
  accountNumber: code.optional(),
  householdName: name.optional(),
  householdKind: HouseholdKind.optional(),
})

export interface RoomImport {
  readonly projectId: string
  /** The file. */
  readonly text: string
  readonly dryRun: boolean
  readonly audit: Audit
}

/** Everything or nothing; a dry run says what would happen. */
export async function importRooms(hub: Hub, input: RoomImport): Promise<ImportOutcome> {
  const { dryRun, projectId } = input
  const parsed = parseCsv(input.text, RoomRow)
  const errors = parsed.errors.length > 0 ? parsed.errors : checkRows(parsed.rows)
  if (errors.length > 0)
    return { dryRun, rows: parsed.rows.length, created: 0, updated: 0, errors: errors.slice(0, 200) }
  return hub.db.transaction(async (client) => {
    await lockEstate(client, projectId)
    const estate = await loadEstate(client, projectId)
    const plan = planImport(parsed.rows, estate, randomUUID)
    const result = {
      dryRun,
      rows: parsed.rows.length,
      created: plan.createdRows,
      updated: plan.updatedRows,
      errors: [],
    }
    if (dryRun || result.created + result.updated === 0) return result
    const now = hub.clock.now()
    await applyImport(client, projectId, plan, now)
    await tellOthers(client, projectId, plan, now)
    const { rows, created, updated } = result
    await input.audit(client, {
      action: 'estate.import',
      entity: 'project',
      entityId: projectId,
      projectId,
      before: changedBefore(plan, estate),
      after: { rows, created, updated, ...changedAfter(plan) },
    })
    return result
  })
}

async function tellOthers(client: pg.ClientBase, projectId: string, plan: ImportPlan, now: Date) {
  const news = (
    kind: 'create' | 'edit',
    records: readonly { readonly id: string }[],
    fields: readonly string[],
  ) => records.map(({ id }) => ({ kind, id, projectId, action: 'import', fields }))
  const { buildings, rooms, households } = plan
  const parts = [
    [buildingResource, buildings, ['code', 'name'], ['name']],
    [roomResource, rooms, ['code', 'buildingId', 'kind', 'floor', 'areaM2'], ['kind', 'floor', 'areaM2']],
    [householdResource, households, ['accountNumber', 'name', 'kind'], ['name', 'kind']],
  ] as const
  for (const [resource, { created, changed }, all, changeable] of parts)
    await emitRecordEvents(client, now, resource, [
      ...news('create', created, all),
      ...news('edit', changed, changeable),
    ])
}

/** Records of an audit entry: enough to see what a file did, not the file itself. */
const AUDITED = 200

function changedBefore(plan: ImportPlan, estate: Estate) {
  const stored = <T extends { readonly id: string }>(all: readonly T[], changed: readonly T[]): T[] => {
    const ids = new Set(changed.slice(0, AUDITED).map(({ id }) => id))
    return all.filter(({ id }) => ids.has(id))
  }
  return {
    buildings: stored(estate.buildings, plan.buildings.changed),
    rooms: stored(estate.rooms, plan.rooms.changed),
    households: stored(estate.households, plan.households.changed),
    movedOut: plan.movedOut.slice(0, AUDITED),
  }
}

function changedAfter(plan: ImportPlan) {
  return {
    buildings: plan.buildings.changed.slice(0, AUDITED),
    rooms: plan.rooms.changed.slice(0, AUDITED),
    households: plan.households.changed.slice(0, AUDITED),
    movedIn: plan.movedIn.slice(0, AUDITED),
  }
}
