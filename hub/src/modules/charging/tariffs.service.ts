import type { ChargeItem, Tariff } from '@courtyard/protocols/contract'
import { requireWholeProject, inScope } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findWholeProject } from '../estate/index.ts'
import type { Actor } from './bill-run.service.ts'
import { lockCharging } from './bill-runs.repository.ts'
import { validateRule } from './domain/tariff-rule.ts'
import { chargingErrors } from './errors.ts'
import {
  findTariff,
  insertItem,
  insertTariff,
  insertVersion,
  issuedMonthFrom,
  type NewVersion,
} from './tariffs.repository.ts'

/** @throws AppError charge_item.exists */
export async function createItem(
  hub: Hub,
  { user, audit }: Actor,
  input: Omit<ChargeItem, 'id'>,
): Promise<ChargeItem> {
  await findWholeProject(hub, user, input.projectId, 'charging.write')
  return hub.db.transaction(async (client) => {
    const item = await insertItem(client, input)
    if (!item)
      throw fail(chargingErrors.itemExists, `There is a charge item ${input.code} already`, {
        code: input.code,
      })
    await audit(client, {
      action: 'chargeItem.create',
      entity: 'chargeItem',
      entityId: item.id,
      projectId: item.projectId,
      after: item,
    })
    return item
  })
}

/** @throws AppError input.invalid with path and reason, tariff.exists */
export async function createTariff(
  hub: Hub,
  { user, audit }: Actor,
  input: Pick<Tariff, 'projectId' | 'code' | 'name' | 'unit'> & NewVersion,
): Promise<Tariff> {
  await findWholeProject(hub, user, input.projectId, 'charging.write')
  requireValidRule(input)
  return hub.db.transaction(async (client) => {
    const id = await insertTariff(client, input)
    if (!id)
      throw fail(chargingErrors.tariffExists, `There is a tariff ${input.code} already`, { code: input.code })
    await insertVersion(client, id, input, user.displayName)
    const tariff = (await findTariff(client, id))!
    await audit(client, {
      action: 'tariff.create',
      entity: 'tariff',
      entityId: id,
      projectId: input.projectId,
      after: tariff,
    })
    return tariff
  })
}

/**
 * A new price from a day on. The day may be in the past as long as no bill of its month was issued by the tariff.
 * @throws AppError input.invalid, tariff.not_found, tariff.version_exists, tariff.month_issued
 */
export async function addVersion(
  hub: Hub,
  { user, audit }: Actor,
  tariffId: string,
  version: NewVersion,
): Promise<Tariff> {
  requireValidRule(version)
  return hub.db.transaction(async (client) => {
    const before = await findTariff(client, tariffId)
    if (!before || !inScope(user, before.projectId, 'charging.write')) {
      throw fail(chargingErrors.tariffNotFound, 'There is no such tariff', { id: tariffId })
    }
    requireWholeProject(user, before.projectId, 'charging.write')
    // An issue of bills by this tariff must not happen between the check and the write
    await lockCharging(client, before.projectId)
    const month = await issuedMonthFrom(client, tariffId, version.effectiveFrom)
    if (month) {
      throw fail(
        chargingErrors.monthIssued,
        `Bills of ${month} were issued by this tariff; a new price can begin after that month`,
        { month, effectiveFrom: version.effectiveFrom },
      )
    }
    const id = await insertVersion(client, tariffId, version, user.displayName)
    if (!id) {
      throw fail(
        chargingErrors.versionExists,
        `The tariff has a price from ${version.effectiveFrom} already`,
        {
          effectiveFrom: version.effectiveFrom,
        },
      )
    }
    const after = (await findTariff(client, tariffId))!
    await audit(client, {
      action: 'tariff.addVersion',
      entity: 'tariff',
      entityId: tariffId,
      projectId: before.projectId,
      before,
      after,
    })
    return after
  })
}

function requireValidRule({ rule }: NewVersion): void {
  const issues = validateRule(rule)
  if (issues.length > 0) throw invalidInput('The price rule is not valid', issues)
}
