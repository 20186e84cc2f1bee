/** Fit-out permits: application, approval, deposit, inspections, passes. */
import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { FitOutPermit, PermitStep } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { maskPhone, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { localDays } from '../metering/index.ts'
import { findParty, roomPlace } from '../parties/index.ts'
import { opened } from './access.ts'
import { depositRefused, nextSteps, passWorth, takeStep } from './domain/permit-steps.ts'
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
  saveDeposit,
  savePermitState,
  setDecoration,
  type PermitHead,
} from './fit-out.repository.ts'
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
    await insertPermit(client, { ...room, ...input, id, roomId, userId: user.id, now: hub.clock.now() })
    await audit(client, {
      action: 'fitOut.apply',
      entity: 'fitOutPermit',
      entityId: id,
      projectId: room.projectId,
      after: { roomId, ...input },
    })
  })
  return permitFor(hub, user, id)
}

export async function permitFor(hub: Hub, user: CurrentUser, id: string): Promise<FitOutPermit> {
  const head = opened(user, await permitHead(hub.db.pool, id), 'handover.read')
  const detail = (await permitDetail(hub.db.pool, id))!
  const mayApprove = opens(user, 'handover.approve', head)
  const steps = nextSteps(detail.state).filter((step) => mayApprove || !isDecision(step))
  const passes = maySeeSensitive(user, head)
    ? detail.passes
    : detail.passes.map((one) => ({ ...one, workerPhone: one.workerPhone && maskPhone(one.workerPhone) }))
  return { ...detail, passes, steps: opens(user, 'handover.write', head) ? steps : [] }
}

const isDecision = (step: PermitStep) => step === 'approve' || step === 'reject'

type Work = (client: pg.PoolClient, permit: PermitHead, now: Date) => Promise<Record<string, unknown>>
interface Change {
  readonly id: string
  readonly action: string
  /** Null: adds something, whatever else was changed. */
  readonly version: number | null
  readonly permission?: 'handover.write' | 'handover.approve'
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

export async function step(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; step: PermitStep; words: string },
  audit: Audit,
): Promise<FitOutPermit> {
  const permission = isDecision(input.step) ? 'handover.approve' : 'handover.write'
  const what = { id, action: input.step, version: input.version, permission } as const
  return change(hub, user, what, audit, async (client, permit, now) => {
    const state = takeStep(permit, input.step)
    if (typeof state !== 'string') throw refused(state)
    const decided = isDecision(input.step)
    await savePermitState(client, id, { state, decided, decision: input.words || null, userId: user.id, now })
    if (state === 'working') await setDecoration(client, permit.roomId, 'decorating', user.id, now)
    if (state === 'closed') await setDecoration(client, permit.roomId, 'decorated', user.id, now)
    return { state, words: input.words }
  })
}

export async function moveDeposit(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; state: 'held' | 'refunded' | 'kept'; refundedAmount?: string | undefined },
  audit: Audit,
): Promise<FitOutPermit> {
  return change(
    hub,
    user,
    { id, action: 'deposit', version: input.version },
    audit,
    async (client, permit, now) => {
      const reason = depositRefused(permit, input.state)
      if (reason) throw refused(reason)
      const refundedAmount =
        input.state === 'refunded' ? (input.refundedAmount ?? permit.depositAmount) : null
      if (refundedAmount !== null && cents(refundedAmount) > cents(permit.depositAmount)) {
        throw invalid('refundedAmount', { code: 'permit.refund_too_much' })
      }
      await saveDeposit(client, id, { state: input.state, refundedAmount, userId: user.id, now })
      return { depositState: input.state, refundedAmount }
    },
  )
}

function cents(amount: string): bigint {
  const [whole, part = ''] = amount.split('.')
  return BigInt(whole! + part.padEnd(2, '0'))
}

export async function inspectWork(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { result: 'ok' | 'defect'; remark: string },
  audit: Audit,
): Promise<FitOutPermit> {
  return change(hub, user, { id, action: 'inspect', version: null }, audit, async (client, permit, at) => {
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
