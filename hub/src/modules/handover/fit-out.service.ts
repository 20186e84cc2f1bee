/** Fit-out permits: application, inspections, passes. The order of things is that of the process (`fit-out.subject.ts`). */
import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { FitOutPermit, Permission } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { maskPhone, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { startProcess } from '../../platform/workflow/index.ts'
import { localDays } from '../metering/index.ts'
import { findParty, roomPlace } from '../parties/index.ts'
import { newestProcessAbout } from '../workflow/index.ts'
import { opened } from './access.ts'
import { passWorth, settle } from './domain/permit-steps.ts'
import { handoverErrors } from './errors.ts'
import {
  insertInspection,
  insertPass,
  insertPermit,
  passByCode,
  permitDetail,
  permitHead,
  permitOfPass,
  revokePass,
  savePermit,
  type PermitHead,
} from './fit-out.repository.ts'
import { decorate, FIT_OUT } from './fit-out.subject.ts'
import { tellOfPermit } from './news.ts'
import type { HandoverReason } from './reasons.ts'

const invalid = (path: string, reason: HandoverReason) =>
  invalidInput('The permit is refused', [{ path, reason }])
const refused = (reason: HandoverReason) =>
  fail(handoverErrors.permitRefused, 'Not with the permit as it is', { issues: [{ path: '', reason }] })

interface Application {
  readonly applicantId: string
  readonly company: string
  readonly companyPhone: string | null
  readonly work: string
  readonly startsOn: string
  readonly endsOn: string
  readonly depositAmount: string
}

/** The permit and its process begin together. */
export async function applyForPermit(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
  input: Application,
  audit: Audit,
): Promise<FitOutPermit> {
  const room = opened(user, await roomPlace(hub.db.pool, roomId), 'handover.write')
  const applicant = await findParty(hub, user, input.applicantId, 'party.read')
  if (applicant.projectId !== room.projectId) throw fail(platformErrors.notFound, 'There is no such person')
  if (input.endsOn < input.startsOn) throw invalid('endsOn', { code: 'handover.end_first' })
  const id = randomUUID()
  await hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    const number = await insertPermit(client, { ...room, ...input, id, roomId, userId: user.id, now })
    const fields = [
      'number',
      'roomId',
      'company',
      'applicantId',
      'startsOn',
      'endsOn',
      'depositAmount',
      'state',
    ]
    await tellOfPermit(
      client,
      now,
      { id, projectId: room.projectId },
      { kind: 'create', action: 'apply', fields },
    )
    await audit(client, {
      action: 'fitOut.apply',
      entity: 'fitOutPermit',
      entityId: id,
      projectId: room.projectId,
      after: { roomId, number, ...input },
    })
    const { company, work, startsOn, endsOn, depositAmount } = input
    const { room: place } = (await permitDetail(client, id))!
    await startProcess(hub, client, audit, {
      ...{ id: randomUUID(), definition: FIT_OUT, projectId: room.projectId, subjectId: id, starter: user },
      title: `${number} ${place.building.name} ${place.code}`,
      fields: { company, work, startsOn, endsOn, depositAmount, refundedAmount: null },
    })
  })
  return permitFor(hub, user, id)
}

/** With its process, for all who may see the permit. */
export async function permitFor(hub: Hub, user: CurrentUser, id: string): Promise<FitOutPermit> {
  const head = opened(user, await permitHead(hub.db.pool, id), 'handover.read')
  const [detail, process] = await Promise.all([
    permitDetail(hub.db.pool, id),
    newestProcessAbout(hub, user, FIT_OUT, id),
  ])
  const passes = maySeeSensitive(user, head)
    ? detail!.passes
    : detail!.passes.map((one) => ({ ...one, workerPhone: one.workerPhone && maskPhone(one.workerPhone) }))
  const leftOver = head.depositState === 'held' && process?.state !== 'running'
  return { ...detail!, passes, process, maySettle: leftOver && opens(user, 'handover.write', head) }
}

type Work = (client: pg.PoolClient, permit: PermitHead, now: Date) => Promise<Record<string, unknown>>
interface Change {
  readonly id: string
  readonly action: string
  /** Null: adds something, whatever else was changed. */
  readonly version: number | null
  readonly permission?: Permission
}

async function change(
  hub: Hub,
  user: CurrentUser,
  what: Change,
  audit: Audit,
  work: Work,
): Promise<FitOutPermit> {
  const { id, action, version, permission = 'handover.write' } = what
  opened(user, await permitHead(hub.db.pool, id), permission)
  await hub.db.transaction(async (client) => {
    const permit = (await permitHead(client, id, true))!
    if (version !== null && permit.version !== version) {
      throw fail(handoverErrors.changed, 'Somebody else changed the permit')
    }
    const after = await work(client, permit, hub.clock.now())
    await audit(client, {
      action: `fitOut.${action}`,
      entity: 'fitOutPermit',
      entityId: id,
      projectId: permit.projectId,
      before: { state: permit.state, depositState: permit.depositState },
      after,
    })
  })
  return permitFor(hub, user, id)
}

/**
 * Of a permit whose process ended with a deposit in hand: given up on the way, or a process that knows no refund.
 * @throws AppError `permit.refused` while the process runs
 */
export async function settleDeposit(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; refundedAmount: string | null },
  audit: Audit,
): Promise<FitOutPermit> {
  const what = { id, action: 'settleDeposit', version: input.version }
  return change(hub, user, what, audit, async (client, permit, now) => {
    const process = await newestProcessAbout(hub, user, FIT_OUT, id)
    if (process?.state === 'running') throw refused({ code: 'permit.in_process' })
    const next = settle(permit, input.refundedAmount)
    if ('code' in next) {
      throw next.code === 'permit.refund_too_much' ? invalid('refundedAmount', next) : refused(next)
    }
    const isDone = permit.state === 'finished'
    const after = { ...next, state: isDone ? ('closed' as const) : permit.state }
    await savePermit(client, id, after, now)
    if (after.state !== permit.state)
      await tellOfPermit(client, now, permit, { kind: 'edit', action: 'settleDeposit', fields: ['state'] })
    if (isDone) await decorate(client, permit, 'decorated', now)
    return after
  })
}

export async function inspectWork(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { result: 'ok' | 'defect'; remark: string },
  audit: Audit,
): Promise<FitOutPermit> {
  const what = { id, action: 'inspect', version: null, permission: 'handover.inspect' }
  return change(hub, user, what, audit, async (client, permit, at) => {
    if (permit.state !== 'working') throw refused({ code: 'permit.wrong_state' })
    await insertInspection(client, { permitId: id, at, ...input, userId: user.id })
    return input
  })
}

interface PassInput {
  readonly workerName: string
  readonly workerPhone: string | null
  readonly validFrom: string
  readonly validTo: string
}

export async function givePass(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: PassInput,
  audit: Audit,
): Promise<FitOutPermit> {
  return change(hub, user, { id, action: 'pass', version: null }, audit, async (client, permit, now) => {
    if (permit.state !== 'approved' && permit.state !== 'working')
      throw refused({ code: 'permit.wrong_state' })
    if (input.validTo < input.validFrom) throw invalid('validTo', { code: 'handover.end_first' })
    if (input.validFrom < permit.startsOn || input.validTo > permit.endsOn) {
      throw invalid('validTo', { code: 'permit.pass_outside', from: permit.startsOn, to: permit.endsOn })
    }
    // 96 bits: nobody guesses one at the gate
    const code = randomBytes(12).toString('base64url')
    await insertPass(client, { ...input, permitId: id, code, userId: user.id, now })
    return { workerName: input.workerName, validFrom: input.validFrom, validTo: input.validTo }
  })
}

export async function revoke(
  hub: Hub,
  user: CurrentUser,
  passId: string,
  audit: Audit,
): Promise<FitOutPermit> {
  const id = await permitOfPass(hub.db.pool, passId)
  if (!id) throw fail(platformErrors.notFound, 'There is no such pass')
  return change(
    hub,
    user,
    { id, action: 'revokePass', version: null },
    audit,
    async (client, _permit, now) => {
      await revokePass(client, passId, now)
      return { passId }
    },
  )
}

export async function checkPass(hub: Hub, user: CurrentUser, code: string) {
  const pass = opened(user, await passByCode(hub.db.pool, code), 'handover.read')
  const why = passWorth(pass, localDays(pass.timeZone, hub.clock.now()).today)
  const { workerName, company, room, validFrom, validTo } = pass
  return { valid: why === 'ok', why, workerName, company, room, validFrom, validTo }
}
