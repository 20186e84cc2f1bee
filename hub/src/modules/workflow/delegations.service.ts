import type { Delegation } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { workflowErrors } from '../../platform/workflow/errors.ts'
import type { WorkflowReason } from '../../platform/workflow/reasons.ts'
import {
  colleagues,
  endDelegation,
  findDelegation,
  insertDelegation,
  overlapping,
  type DelegationRow,
} from './people.repository.ts'

const LONGEST_MS = 366 * 24 * 3_600_000

export function delegationView(row: DelegationRow, now: Date): Delegation {
  const { id, fromId, from, toId, to, fromAt, untilAt, note } = row
  const state = untilAt <= now ? 'over' : fromAt > now ? 'planned' : 'active'
  return {
    ...{ id, note, state },
    from: { id: fromId, name: from },
    to: { id: toId, name: to },
    fromAt: fromAt.toISOString(),
    untilAt: untilAt.toISOString(),
  }
}

export interface DelegationRequest {
  readonly id: string
  readonly toId: string
  readonly fromAt: string
  readonly untilAt: string
  readonly note: string
}

/**
 * The same id again is the same delegation.
 * @throws AppError `input.invalid`, `workflow_person.not_found`, `task_delegation.overlaps`, `process.id_taken`
 */
export async function delegate(
  hub: Hub,
  user: CurrentUser,
  audit: Audit,
  request: DelegationRequest,
): Promise<DelegationRow> {
  const [fromAt, untilAt, createdAt] = [new Date(request.fromAt), new Date(request.untilAt), hub.clock.now()]
  requireSpan(user, request, fromAt, untilAt, createdAt)
  const { id, toId, note } = request
  return hub.db.transaction(async (tx) => {
    const inTheWay = await overlapping(tx, user.id, fromAt, untilAt)
    const known = await findDelegation(tx, id)
    if (known?.fromId === user.id && known.toId === toId) return known
    if (known) throw fail(workflowErrors.idTaken, 'Another delegation has this id', { id })
    if (inTheWay)
      throw fail(workflowErrors.delegationOverlaps, 'Somebody stands in then already', { id: inTheWay })
    if ((await colleagues(tx, user, { ids: [toId] })).length === 0) {
      throw fail(workflowErrors.personNotFound, 'There is no such person', { userId: toId })
    }
    await insertDelegation(tx, { id, fromId: user.id, toId, fromAt, untilAt, note, createdAt })
    await audit(tx, {
      ...{ action: 'taskDelegation.create', entity: 'taskDelegation', entityId: id },
      after: { toId, fromAt, untilAt, note },
    })
    return (await findDelegation(tx, id))!
  })
}

function requireSpan(
  user: CurrentUser,
  { toId }: DelegationRequest,
  fromAt: Date,
  untilAt: Date,
  now: Date,
): void {
  const issue = (path: string, code: WorkflowReason['code']) => [{ path: `body.${path}`, reason: { code } }]
  const lengthMs = untilAt.getTime() - fromAt.getTime()
  if (toId === user.id) throw invalidInput('Not oneself', issue('toId', 'workflow.delegation_self'))
  if (lengthMs <= 0 || lengthMs > LONGEST_MS || untilAt <= now) {
    throw invalidInput('The time is not valid', issue('untilAt', 'workflow.delegation_span'))
  }
}

/** For the one who gave it. @throws AppError `task_delegation.not_found` */
export async function stopDelegation(hub: Hub, user: CurrentUser, audit: Audit, id: string): Promise<void> {
  await hub.db.transaction(async (tx) => {
    const known = await findDelegation(tx, id, true)
    if (known?.fromId !== user.id)
      throw fail(workflowErrors.delegationNotFound, 'There is no such delegation', { id })
    const now = hub.clock.now()
    if (known.untilAt <= now) return
    await endDelegation(tx, id, now)
    await audit(tx, {
      ...{ action: 'taskDelegation.end', entity: 'taskDelegation', entityId: id },
      ...{ before: { untilAt: known.untilAt }, after: { untilAt: now } },
    })
  })
}
