import { randomUUID } from 'node:crypto'
import { HouseholdKind, RoomKind } from '@courtyard/protocols/contract'
import type pg from 'pg'
import * as z from 'zod'
import type { Audit } from '../../platform/audit/audit.ts'
import { csvInteger, parseCsv, type ImportOutcome } from '../../platform/csv.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { planOwners, type OwnerPlan } from './domain/owner-import.ts'
import { checkRows, planImport, type Estate, type ImportPlan } from './domain/room-import.ts'
import { loadOwners, saveOwners } from './owner-import.repository.ts'
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
  owner: name.optional(),
  ownerPhone: z
    .string()
    .regex(/^\+?[\d\s()-]{5,29}$/)
    .optional(),
  ownerShare: z
    .string()
    .regex(/^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$/, 'room.bad_share' satisfies EstateReason['code'])
    .refine((share) => /[1-9]/.test(share), 'room.bad_share' satisfies EstateReason['code'])
    .optional(),
})

export interface RoomImport {
  readonly projectId: string
  /** The file. */
  readonly text: string
  readonly dryRun: boolean
  readonly userId: string
  /** Whether people may be put on file too. */
  readonly mayWritePeople: boolean
  readonly audit: Audit
}

/** Everything or nothing; a dry run says what would happen. */
export async function importRooms(hub: Hub, input: RoomImport): Promise<ImportOutcome> {
  const { dryRun, projectId } = input
  const parsed = parseCsv(input.text, RoomRow)
  const errors = parsed.errors.length > 0 ? parsed.errors : checkRows(parsed.rows)
  if (!input.mayWritePeople && parsed.rows.some(({ value }) => value.owner !== undefined))
    throw fail(platformErrors.forbidden, 'Your role may not put people on file', {
      permission: 'party.write',
    })
  if (errors.length > 0)
    return { dryRun, rows: parsed.rows.length, created: 0, updated: 0, errors: errors.slice(0, 200) }
  return hub.db.transaction(async (client) => {
    await lockEstate(client, projectId)
    const estate = await loadEstate(client, projectId)
    const plan = planImport(parsed.rows, estate, randomUUID)
    const owners = await ownersOf(client, projectId, plan)
    if (owners.errors.length > 0)
      return { dryRun, rows: parsed.rows.length, created: 0, updated: 0, errors: owners.errors.slice(0, 200) }
    const result = {
      dryRun,
      rows: parsed.rows.length,
      created: plan.createdRows,
      updated: plan.updatedRows + [...owners.rows].filter((row) => !plan.changedRows.has(row)).length,
      errors: [],
    }
    if (dryRun || result.created + result.updated === 0) return result
    const now = hub.clock.now()
    await applyImport(client, projectId, plan, now)
    if (owners.roles.length > 0) await saveOwners(client, projectId, owners, input.userId, now)
    const { rows, created, updated } = result
    await input.audit(client, {
      action: 'estate.import',
      entity: 'project',
      entityId: projectId,
      projectId,
      before: changedBefore(plan, estate),
      after: { rows, created, updated, ...changedAfter(plan), owners: owners.roles.slice(0, AUDITED) },
    })
    return result
  })
}

async function ownersOf(client: pg.ClientBase, projectId: string, plan: ImportPlan): Promise<OwnerPlan> {
  if (plan.owners.length === 0) return { people: [], roles: [], rows: new Set(), errors: [] }
  const known = await loadOwners(client, projectId)
  return planOwners(plan.owners, known, (id) => known.names.get(id) ?? '', randomUUID)
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
