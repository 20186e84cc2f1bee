import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Generation, GenerationPlan, GenerationPreview } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { requireWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { emitRecordEvents } from '../../platform/resource/record-events.ts'
import { planGeneration, type PlannedBuilding } from './domain/generation.ts'
import { estateErrors } from './errors.ts'
import { buildingResource, roomResource, unitResource, zoneResource } from './estate.resource.ts'
import {
  generatedIds,
  generationById,
  generationsOf,
  hangingOn,
  insertGeneration,
  removeGenerated,
  standing,
  type Standing,
} from './generation.repository.ts'
import { lockEstate } from './room-import.repository.ts'

/** @throws AppError `input.invalid` with the places of the plan that are wrong */
function planned(plan: GenerationPlan): PlannedBuilding[] {
  const { buildings, faults } = planGeneration(plan)
  if (faults.length > 0) throw invalidInput('The plan cannot be made', faults)
  return buildings
}

export async function previewGeneration(
  hub: Hub,
  projectId: string,
  plan: GenerationPlan,
): Promise<GenerationPreview> {
  const buildings = planned(plan)
  const codes = buildings.map(({ code }) => code)
  const stands = await standing(hub.db.pool, projectId, plan.zone?.code ?? null, codes)
  const shown = buildings.map((building) => shownBuilding(building, stands))
  const rooms = shown.flatMap(({ floors }) => floors.flatMap((floor) => floor.rooms))
  const missing = (all: readonly { exists: boolean }[]) => all.filter(({ exists }) => !exists).length
  return {
    makes: {
      zones: plan.zone && !stands.zoneId ? 1 : 0,
      buildings: missing(shown),
      units: missing(shown.flatMap(({ units }) => units)),
      rooms: missing(rooms),
    },
    existingRooms: rooms.length - missing(rooms),
    buildings: shown,
  }
}

function shownBuilding(building: PlannedBuilding, stands: Standing): GenerationPreview['buildings'][number] {
  const { code, name } = building
  const units = stands.units.get(code)
  const rooms = stands.rooms.get(code)
  const byFloor = Map.groupBy(building.rooms, ({ floor }) => floor)
  return {
    code,
    name,
    exists: stands.buildings.has(code),
    units: building.units.map((unit) => ({ ...unit, exists: units?.has(unit.code) ?? false })),
    floors: [...byFloor]
      .sort(([a], [b]) => b - a)
      .map(([floor, list]) => ({
        floor,
        rooms: list.map((room) => ({
          code: room.code,
          kind: room.kind,
          unit: room.unit,
          exists: rooms?.has(room.code) ?? false,
        })),
      })),
  }
}

/** Runs of a project follow one another, and imports too; the same plan again makes nothing. */
export async function generate(
  hub: Hub,
  user: CurrentUser,
  projectId: string,
  plan: GenerationPlan,
  audit: Audit,
): Promise<Generation> {
  const buildings = planned(plan)
  const id = randomUUID()
  await hub.db.transaction(async (client) => {
    await lockEstate(client, projectId)
    const now = hub.clock.now()
    const made = await insertGeneration(client, { id, projectId, plan, buildings, userId: user.id, now })
    await tellOthers(client, projectId, await generatedIds(client, id), now)
    await audit(client, {
      action: 'estate.generate',
      entity: 'generation',
      entityId: id,
      projectId,
      after: { ...made, plan },
    })
  })
  return generationDto((await generationById(hub.db.pool, id))!)
}

/** As if each had been made by its form. */
async function tellOthers(
  client: pg.PoolClient,
  projectId: string,
  made: Awaited<ReturnType<typeof generatedIds>>,
  now: Date,
): Promise<void> {
  const resources = [
    [zoneResource, ['code', 'name']],
    [buildingResource, ['code', 'name', 'zoneId', 'kind', 'position']],
    [unitResource, ['buildingId', 'code', 'name', 'position']],
    [roomResource, ['code', 'buildingId', 'unitId', 'floor', 'kind', 'areaM2', 'deliveryState']],
  ] as const
  for (const [resource, fields] of resources) {
    const ids = made[resource.name as keyof typeof made]
    const news = ids.map((id) => ({ kind: 'create', id, projectId, action: 'generate', fields }) as const)
    await emitRecordEvents(client, now, resource, news)
  }
}

export async function listGenerations(hub: Hub, projectId: string): Promise<Generation[]> {
  return (await generationsOf(hub.db.pool, projectId)).map(generationDto)
}

/** @throws AppError `generation.in_use` with what hangs on it, in `details.uses` */
export async function undoGeneration(
  hub: Hub,
  user: CurrentUser,
  id: string,
  audit: Audit,
): Promise<Generation> {
  const found = await generationById(hub.db.pool, id)
  if (!found) throw fail(platformErrors.notFound, 'There is no such run of the wizard')
  requireWholeProject(user, found.projectId, 'estate.write')
  await hub.db.transaction(async (client) => {
    await lockEstate(client, found.projectId)
    const generation = (await generationById(client, id, true))!
    if (generation.undoneAt) return
    const uses = await hangingOn(client, id)
    if (Object.keys(uses).length > 0) {
      throw fail(estateErrors.generationInUse, 'Something hangs on what this run made', { uses })
    }
    await removeGenerated(client, id, user.id, hub.clock.now())
    await audit(client, {
      action: 'estate.undoGeneration',
      entity: 'generation',
      entityId: id,
      projectId: found.projectId,
      before: { zones: found.zones, buildings: found.buildings, units: found.units, rooms: found.rooms },
    })
  })
  return generationDto((await generationById(hub.db.pool, id))!)
}

type Row = NonNullable<Awaited<ReturnType<typeof generationById>>>

function generationDto({ projectId: _, ...row }: Row): Generation {
  return { ...row, createdAt: row.createdAt.toISOString(), undoneAt: row.undoneAt?.toISOString() ?? null }
}
