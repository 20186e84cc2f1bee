import type { Department } from '@courtyard/protocols/contract'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireEverywhere, type Actor } from './actor.ts'
import { requireCompany } from './companies.service.ts'
import { changed, organisationErrors } from './errors.ts'
import { departmentsOf } from './organisation-view.ts'
import { organisationRepository, type Client, type DepartmentRow } from './organisation.repository.ts'
import type { OrganisationReason } from './reasons.ts'

/** It comes last among its siblings. @throws AppError `company.not_found`, `input.invalid` */
export async function createDepartment(
  hub: Hub,
  actor: Actor,
  input: { companyId: string; parentId: string | null; name: string },
): Promise<Department> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    await requireCompany(tx, input.companyId)
    await requireParent(tx, input.companyId, input.parentId)
    const position = (await organisationRepository.lastPosition(tx, input.companyId, input.parentId)) + 1
    const row = await organisationRepository.insertDepartment(tx, { ...input, position })
    await actor.audit(tx, {
      action: 'department.create',
      entity: 'department',
      entityId: row.id,
      after: input,
    })
    return departmentsOf(tx, row)
  })
}

export interface DepartmentPatch {
  readonly version: number
  readonly name?: string | undefined
  readonly parentId?: string | null | undefined
  readonly leaderId?: string | null | undefined
  readonly position?: number | undefined
}

/**
 * Moving a department takes all below it along, and with it whose rows `department` grants open.
 * @throws AppError `department.not_found`, `department.loop`, `organisation.changed`, `input.invalid`
 */
export async function changeDepartment(
  hub: Hub,
  actor: Actor,
  id: string,
  { version, ...patch }: DepartmentPatch,
): Promise<Department> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    const before = await requireDepartment(tx, id)
    if (patch.parentId !== undefined) await requireMove(tx, before, patch.parentId)
    if (patch.leaderId && !(await organisationRepository.person(tx, patch.leaderId))) {
      throw refused('leaderId', { code: 'department.unknown_leader' })
    }
    const data = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
    if (!(await organisationRepository.updateDepartment(tx, id, version, data))) throw changed()
    const after = await requireDepartment(tx, id)
    await actor.audit(tx, {
      action: 'department.change',
      entity: 'department',
      entityId: id,
      before: audited(before),
      after: audited(after),
    })
    return departmentsOf(tx, after)
  })
}

/** @throws AppError `department.not_found`, `department.in_use`, `organisation.changed` */
export async function archiveDepartment(
  hub: Hub,
  actor: Actor,
  id: string,
  version: number,
): Promise<Department> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    const before = await requireDepartment(tx, id)
    const departments = await organisationRepository.countChildren(tx, id)
    const people = await organisationRepository.countPeople(tx, id)
    if (departments + people > 0) {
      throw fail(organisationErrors.departmentInUse, 'The department still has people or departments', {
        departments,
        people,
      })
    }
    const archivedAt = hub.clock.now()
    if (!(await organisationRepository.updateDepartment(tx, id, version, { archivedAt }))) throw changed()
    const entity = { entity: 'department', entityId: id }
    await actor.audit(tx, { action: 'department.archive', ...entity, before: audited(before) })
    return departmentsOf(tx, before)
  })
}

export async function requireDepartment(client: Client, id: string): Promise<DepartmentRow> {
  const row = await organisationRepository.department(client, id)
  if (!row) throw fail(organisationErrors.departmentNotFound, 'There is no such department', { id })
  return row
}

async function requireMove(
  tx: PrismaTransaction,
  moved: DepartmentRow,
  parentId: string | null,
): Promise<void> {
  await requireParent(tx, moved.companyId, parentId)
  if (parentId === null || !(await organisationRepository.ancestors(tx, parentId)).has(moved.id)) return
  throw fail(organisationErrors.departmentLoop, 'A department can not be put below itself')
}

async function requireParent(
  tx: PrismaTransaction,
  companyId: string,
  parentId: string | null,
): Promise<void> {
  if (parentId === null) return
  const parent = await organisationRepository.department(tx, parentId)
  if (parent?.companyId !== companyId) throw refused('parentId', { code: 'department.unknown_parent' })
}

const refused = (path: string, reason: OrganisationReason) =>
  invalidInput('The input is not valid', [{ path, reason }])

const audited = ({ name, parentId, leaderId, position }: DepartmentRow) => ({
  name,
  parentId,
  leaderId,
  position,
})
