import type { FloorPlan, PlanShape } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors, type InputFault } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { estateErrors } from './errors.ts'
import {
  deletePlan,
  planOf,
  roomsOfFloor,
  savePicture,
  saveShapes,
  type PlanRow,
} from './floor-plan.repository.ts'
import type { EstateReason } from './reasons.ts'
import { requireOpen } from './scope.ts'
import { buildingById, type BuildingPlace } from './structure.repository.ts'

/** @throws AppError `not_found` outside the scope */
export async function findBuilding(
  hub: Hub,
  user: CurrentUser,
  id: string,
  permission: 'estate.read' | 'estate.write',
): Promise<BuildingPlace> {
  const building = await buildingById(hub.db.pool, id)
  if (!building) throw fail(platformErrors.notFound, 'There is no such building')
  requireOpen(user, permission, { projectId: building.projectId, buildingId: id })
  return building
}

export async function floorPlan(hub: Hub, user: CurrentUser, buildingId: string, floor: number) {
  await findBuilding(hub, user, buildingId, 'estate.read')
  const row = await planOf(hub.db.pool, buildingId, floor)
  return row && planDto(buildingId, row)
}

/** The bytes with their type. @throws AppError `not_found` */
export async function floorPicture(hub: Hub, user: CurrentUser, buildingId: string, floor: number) {
  await findBuilding(hub, user, buildingId, 'estate.read')
  const row = await planOf(hub.db.pool, buildingId, floor)
  const bytes = row && (await hub.files.read(row.fileHash))
  if (!bytes) throw fail(platformErrors.notFound, 'The floor has no picture')
  return { bytes, mediaType: row.mediaType }
}

export async function setPicture(
  hub: Hub,
  user: CurrentUser,
  buildingId: string,
  floor: number,
  base64: string,
  audit: Audit,
): Promise<FloorPlan> {
  const { projectId } = await findBuilding(hub, user, buildingId, 'estate.write')
  // Kept first: a row never names a file that is not there
  const picture = await hub.files.keepPicture(Buffer.from(base64, 'base64'))
  const row = await hub.db.transaction(async (client) => {
    const before = await planOf(client, buildingId, floor, true)
    const change = { projectId, buildingId, floor, userId: user.id, now: hub.clock.now() }
    const saved = await savePicture(client, change, picture)
    if (before) await hub.files.letGo(client, [before.fileHash])
    await audit(client, {
      action: 'floorPlan.picture',
      entity: 'floorPlan',
      entityId: saved.id,
      projectId,
      after: { buildingId, floor, fileSha256: picture.hash },
    })
    return saved
  })
  return planDto(buildingId, row)
}

/** @throws AppError `plan.changed` when somebody else saved meanwhile */
export async function setShapes(
  hub: Hub,
  user: CurrentUser,
  buildingId: string,
  floor: number,
  input: { version: number; shapes: readonly PlanShape[] },
  audit: Audit,
): Promise<FloorPlan> {
  const { projectId } = await findBuilding(hub, user, buildingId, 'estate.write')
  const row = await hub.db.transaction(async (client) => {
    const before = await planOf(client, buildingId, floor, true)
    if (!before) throw fail(platformErrors.notFound, 'The floor has no picture')
    if (before.version !== input.version)
      throw fail(estateErrors.planChanged, 'Somebody else changed the plan')
    const faults = shapeFaults(input.shapes, await roomsOfFloor(client, buildingId, floor))
    if (faults.length > 0) throw invalidInput('The shapes do not fit', faults)
    const change = { projectId, buildingId, floor, userId: user.id, now: hub.clock.now() }
    const saved = await saveShapes(client, change, input.shapes)
    await audit(client, {
      action: 'floorPlan.shapes',
      entity: 'floorPlan',
      entityId: saved.id,
      projectId,
      before: { rooms: before.shapes.length },
      after: { buildingId, floor, rooms: input.shapes.length },
    })
    return saved
  })
  return planDto(buildingId, row)
}

function shapeFaults(shapes: readonly PlanShape[], rooms: ReadonlySet<string>): InputFault[] {
  const seen = new Set<string>()
  return shapes.flatMap(({ roomId }, i) => {
    const twice = seen.has(roomId)
    seen.add(roomId)
    if (!twice && rooms.has(roomId)) return []
    const reason: EstateReason = { code: twice ? 'plan.room_twice' : 'plan.room_elsewhere' }
    return [{ path: `shapes.${i}.roomId`, reason }]
  })
}

export async function removePlan(
  hub: Hub,
  user: CurrentUser,
  buildingId: string,
  floor: number,
  audit: Audit,
) {
  const { projectId } = await findBuilding(hub, user, buildingId, 'estate.write')
  await hub.db.transaction(async (client) => {
    const before = await planOf(client, buildingId, floor, true)
    if (!before) return
    await deletePlan(client, before.id)
    await hub.files.letGo(client, [before.fileHash])
    await audit(client, {
      action: 'floorPlan.remove',
      entity: 'floorPlan',
      entityId: before.id,
      projectId,
      before: { buildingId, floor, fileSha256: before.fileHash, shapes: before.shapes },
    })
  })
  return { ok: true } as const
}

function planDto(buildingId: string, row: PlanRow): FloorPlan {
  const { id, floor, widthPx, heightPx, shapes, version } = row
  const pictureUrl = `/api/buildings/${buildingId}/floor-plans/${floor}/picture?v=${row.fileHash.slice(0, 16)}`
  return { id, floor, pictureUrl, widthPx, heightPx, shapes, version }
}
