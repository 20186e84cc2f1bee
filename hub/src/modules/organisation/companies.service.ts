import type { Company } from '@courtyard/protocols/contract'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireEverywhere, type Actor } from './actor.ts'
import { changed, organisationErrors } from './errors.ts'
import { companiesOf } from './organisation-view.ts'
import {
  isUniqueViolation,
  organisationRepository,
  type Client,
  type CompanyRow,
} from './organisation.repository.ts'

export async function organisation(hub: Hub): Promise<Company[]> {
  return companiesOf(hub.db.prisma, await organisationRepository.companies(hub.db.prisma))
}

/** @throws AppError `company.code_taken` */
export async function createCompany(
  hub: Hub,
  actor: Actor,
  input: { code: string; name: string },
): Promise<Company> {
  requireEverywhere(actor, 'organisation.write')
  try {
    return await hub.db.prismaTransaction(async (tx) => {
      const row = await organisationRepository.insertCompany(tx, input)
      await actor.audit(tx, { action: 'company.create', entity: 'company', entityId: row.id, after: input })
      return (await companiesOf(tx, [row]))[0]!
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw fail(organisationErrors.companyCodeTaken, `There is a company ${input.code} already`, {
      code: input.code,
    })
  }
}

/** @throws AppError `company.not_found`, `organisation.changed` */
export async function changeCompany(
  hub: Hub,
  actor: Actor,
  id: string,
  { version, name }: { version: number; name: string },
): Promise<Company> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    const before = await requireCompany(tx, id)
    if (!(await organisationRepository.updateCompany(tx, id, version, { name }))) throw changed()
    await actor.audit(tx, {
      action: 'company.change',
      entity: 'company',
      entityId: id,
      before: { name: before.name },
      after: { name },
    })
    return (await companiesOf(tx, [await requireCompany(tx, id)]))[0]!
  })
}

/** @throws AppError `company.not_found`, `company.in_use`, `organisation.changed` */
export async function archiveCompany(hub: Hub, actor: Actor, id: string, version: number): Promise<Company> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    const before = await requireCompany(tx, id)
    if (before.departments.length > 0) {
      throw fail(organisationErrors.companyInUse, 'The company still has departments', {
        departments: before.departments.length,
      })
    }
    const archivedAt = hub.clock.now()
    if (!(await organisationRepository.updateCompany(tx, id, version, { archivedAt }))) throw changed()
    const { code, name } = before
    await actor.audit(tx, {
      action: 'company.archive',
      entity: 'company',
      entityId: id,
      before: { code, name },
    })
    return (await companiesOf(tx, [before]))[0]!
  })
}

export async function requireCompany(client: Client, id: string): Promise<CompanyRow> {
  const row = await organisationRepository.company(client, id)
  if (!row) throw fail(organisationErrors.companyNotFound, 'There is no such company', { id })
  return row
}
