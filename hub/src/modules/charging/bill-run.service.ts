import type pg from 'pg'
import type { Permission } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { emitEvent } from '../../platform/webhooks/index.ts'
import { findWholeProject } from '../estate/index.ts'
import { usagePending } from '../metering/index.ts'
import {
  findOpenRun,
  findRun,
  insertRun,
  lockCharging,
  lockRun,
  restartRun,
  setRunStatus,
  type RunRow,
} from './bill-runs.repository.ts'
import { publishRun } from './compute-run.ts'
import { deleteDrafts } from './drafts.repository.ts'
import { chargingErrors } from './errors.ts'
import { dropAlreadyBilled, issueDrafts, lockVersions, saveIssued } from './issue.repository.ts'
import { monthCalendar, sourceDigest, type RunKey } from './run-source.repository.ts'
import { findItem } from './tariffs.repository.ts'

export const COMPUTE_JOB = 'charging.compute'

/** Who acts, and where it is written down. */
export interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

/**
 * A preview for project, item and month, computed by a job. An open run of the same three is computed anew
 * instead of making a second one; after an issue a new run takes the accounts that were not billed.
 * @throws AppError charge_item.not_found, bill_run.month_not_begun
 */
export async function createRun(hub: Hub, { user, audit }: Actor, key: Omit<RunKey, 'id'>): Promise<RunRow> {
  await findWholeProject(hub, user, key.projectId, 'charging.write')
  const id = await hub.db.transaction(async (client) => {
    const item = await findItem(client, key.itemId)
    if (item?.projectId !== key.projectId) throw itemNotFound(key.itemId)
    await requireCompleteDay(hub, client, key)
    await lockCharging(client, key.projectId)
    const open = await findOpenRun(client, key)
    if (open) await restartRun(client, open)
    const runId = open ?? (await insertRun(client, key, user.displayName, hub.clock.now()))
    const action = open ? 'billRun.recompute' : 'billRun.create'
    await audit(client, {
      action,
      entity: 'billRun',
      entityId: runId,
      projectId: key.projectId,
      after: { ...key },
    })
    await hub.jobs.send(COMPUTE_JOB, { runId }, { client })
    return runId
  })
  return present(hub, id)
}

/** @throws AppError bill_run.not_found, bill_run.not_open */
export async function recomputeRun(hub: Hub, { user, audit }: Actor, id: string): Promise<RunRow> {
  await change(hub, user, id, 'charging.write', async (client, run) => {
    requireOpen(run)
    await requireCompleteDay(hub, client, run)
    await restartRun(client, id)
    await audit(client, { ...auditOf('billRun.recompute', run), before: summary(run) })
    await hub.jobs.send(COMPUTE_JOB, { runId: id }, { client })
  })
  return present(hub, id)
}

/** Throws the preview away. @throws AppError bill_run.not_found, bill_run.not_open */
export async function cancelRun(hub: Hub, { user, audit }: Actor, id: string): Promise<RunRow> {
  await change(hub, user, id, 'charging.write', async (client, run) => {
    if (run.status === 'cancelled') return
    requireOpen(run)
    await setRunStatus(client, id, 'cancelled')
    await deleteDrafts(client, id)
    await audit(client, { ...auditOf('billRun.cancel', run), before: summary(run) })
  })
  return present(hub, id)
}

/**
 * Issues and numbers exactly what was previewed, all of it in one transaction. A second call returns the issued
 * run. Refused when anything that the preview was computed from has changed.
 * @throws AppError bill_run.not_found, .not_previewed, .month_not_over, .stale, .usage_pending, .empty
 */
export async function issueRun(hub: Hub, { user, audit }: Actor, id: string): Promise<RunRow> {
  await change(hub, user, id, 'billRuns.issue', async (client, run) => {
    if (run.status === 'issued') return
    await requireIssuable(client, run)
    const now = hub.clock.now()
    const dropped = await dropAlreadyBilled(client, id)
    const bills = await issueDrafts(client, run, now)
    await lockVersions(client, run.versionIds, now)
    await saveIssued(client, id, { bills, dropped, by: user.displayName, at: now })
    const issued = (await findRun(client, id, now))!
    await audit(client, { ...auditOf('billRun.issue', run), before: summary(run), after: summary(issued) })
    const { month, itemCode, quantity, amount } = issued
    const data = { runId: id, month, item: itemCode, bills, quantity, amount }
    await emitEvent(client, now, { type: 'billRun.issued', projectId: run.projectId, data })
  })
  return present(hub, id)
}

/** @throws AppError bill_run.not_found, also outside of the user's projects */
export async function readRun(
  hub: Hub,
  user: CurrentUser,
  id: string,
  permission: Permission = 'charging.read',
): Promise<RunRow> {
  return visible(await findRun(hub.db.pool, id, hub.clock.now()), user, id, permission)
}

async function requireIssuable(client: pg.ClientBase, run: RunRow): Promise<void> {
  if (run.status !== 'previewed') {
    throw fail(
      chargingErrors.runNotPreviewed,
      `The run is ${run.status}; only a finished preview can be issued`,
      {
        status: run.status,
      },
    )
  }
  if (!run.monthOver) {
    throw fail(chargingErrors.monthNotOver, `${run.month} is not over yet`, { month: run.month })
  }
  if (!run.previewOfWholeMonth || (await sourceDigest(client, run)) !== run.sourceDigest) {
    throw fail(
      chargingErrors.runStale,
      'Usage, prices or assignments have changed since the preview; compute it anew and look at it again',
      { hint: 'recompute' },
    )
  }
  if (await usagePending(client, run.projectId, run.month)) {
    throw fail(
      chargingErrors.usagePending,
      `Readings of ${run.month} are still being worked in; try again in a moment`,
      { month: run.month },
    )
  }
  if (run.bills === 0) throw fail(chargingErrors.runEmpty, 'There is no bill to issue in this run')
}

/** Loads, checks and locks the run, and whatever else decides about bills of the project; tells browsers after. */
async function change(
  hub: Hub,
  user: CurrentUser,
  id: string,
  permission: Permission,
  work: (client: pg.PoolClient, run: RunRow) => Promise<void>,
): Promise<void> {
  const { projectId } = await readRun(hub, user, id, permission)
  await hub.db.transaction(async (client) => {
    await lockCharging(client, projectId)
    await work(client, visible(await lockRun(client, id, hub.clock.now()), user, id, permission))
  })
}

async function present(hub: Hub, id: string): Promise<RunRow> {
  const run = (await findRun(hub.db.pool, id, hub.clock.now()))!
  publishRun(hub, run)
  return run
}

async function requireCompleteDay(hub: Hub, client: pg.ClientBase, key: Omit<RunKey, 'id'>): Promise<void> {
  const { starts } = await monthCalendar(client, key.projectId, key.month)
  if (starts[1]! <= hub.clock.now()) return
  throw fail(chargingErrors.monthNotBegun, `No day of ${key.month} is over yet`, { month: key.month })
}

function requireOpen(run: RunRow): void {
  if (run.status === 'computing' || run.status === 'previewed' || run.status === 'failed') return
  throw fail(chargingErrors.runNotOpen, `The run is ${run.status} and stays as it is`, { status: run.status })
}

/** A run is the whole project's. */
function visible(run: RunRow | null, user: CurrentUser, id: string, permission: Permission): RunRow {
  if (run && inWholeProject(user, run.projectId, permission)) return run
  throw fail(chargingErrors.runNotFound, 'There is no such bill run', { id })
}

function itemNotFound(id: string) {
  return fail(chargingErrors.itemNotFound, 'There is no such charge item in the project', { id })
}

function auditOf(action: string, run: RunRow) {
  return { action, entity: 'billRun', entityId: run.id, projectId: run.projectId }
}

function summary({ status, month, itemCode, bills, quantity, amount, held, alreadyBilled }: RunRow) {
  return { status, month, item: itemCode, bills, quantity, amount, held, alreadyBilled }
}
