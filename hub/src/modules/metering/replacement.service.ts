/** A meter is taken out and another one put in at the same place. */
import { randomUUID } from 'node:crypto'
import type { MeteringPointDetail } from '@courtyard/protocols/contract'
import type { PoolClient } from 'pg'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { say } from '../../platform/reasons/reason.ts'
import { bindMeters, inheritFeed, invalidate } from './binding.repository.ts'
import { decimalOf, mantissaAt } from './domain/decimal.ts'
import { readsOfInstallation } from './domain/pairs.ts'
import { installedMeters, usageScaleFits, type InstallationFacts, type PointPlan } from './domain/plan.ts'
import { checkIndex } from './domain/plausibility.ts'
import type { Read } from './domain/reads.ts'
import { checkSuccessor } from './domain/successor.ts'
import { meteringErrors } from './errors.ts'
import { lockMetering } from './point-import.repository.ts'
import { findPointFor, pointDetailFor } from './points.service.ts'
import { neighboursOf } from './reads.service.ts'
import type { MeteringReason } from './reasons.ts'
import {
  closeInstallation,
  findMeter,
  insertInstallation,
  insertSuccessor,
  meterById,
  typedReadAfter,
  type StoredMeter,
} from './replacement.repository.ts'
import { saveVerification } from './verification.repository.ts'
import { loadPlans } from './usage/plan.repository.ts'
import { loadReads } from './usage/reads.repository.ts'
import { announce, recomputeNow } from './usage/usage-worker.ts'
import type { Recomputed } from './usage/usage-computation.ts'

export interface Replacement {
  readonly at: string
  readonly finalIndex: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly multiplier: string
  readonly initialIndex: string
  /** Day. */
  readonly verifiedUntil: string | null
}

const END_OF_TIME = Date.UTC(2200, 0, 1)

/**
 * Records a replacement, also one that happened some time ago. The new meter has the register of the old one (decimal
 * places, digits, maximum) and goes on with its channel until a device says the new serial number; reads from
 * `at` on belong to the new meter.
 *
 * @throws AppError `replacement.refused` with what is wrong by field, `meter.in_use`, `metering_point.no_meter`
 */
export async function replaceMeter(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: Replacement,
  audit: Audit,
): Promise<MeteringPointDetail> {
  const { projectId } = await findPointFor(hub, user, id, 'metering.write')
  const now = hub.clock.now()
  const results = await hub.db.transaction(async (client) => {
    await lockMetering(client, projectId)
    const plan = (await loadPlans(client, [id])).get(id)!
    const old = plan.installations.at(-1)
    if (old?.toMs !== null) throw fail(meteringErrors.noMeter, 'No meter is installed here')
    const known = await findMeter(client, projectId, input.serial)
    await check(client, plan, old, known, input, now)
    const meterId = await store(client, projectId, id, old, known, input, now)
    await audit(client, {
      action: 'meter.replace',
      entity: 'meteringPoint',
      entityId: id,
      projectId,
      before: { meterId: old.meterId, serial: old.serial },
      after: { meterId, ...input },
    })
    return recomputeFrom(client, plan, old, Date.parse(input.at), now)
  })
  announce(hub, results)
  return pointDetailFor(hub, user, id, 'metering.write')
}

async function store(
  client: PoolClient,
  projectId: string,
  pointId: string,
  old: InstallationFacts,
  known: StoredMeter | null,
  input: Replacement,
  now: Date,
): Promise<string> {
  const at = new Date(input.at)
  await closeInstallation(client, old.installationId, at, input.finalIndex)
  const meterId = known?.id ?? randomUUID()
  if (!known) await insertSuccessor(client, { ...input, meterId, predecessorId: old.meterId, now })
  else if (input.verifiedUntil !== null) await saveVerification(client, meterId, input.verifiedUntil)
  await insertInstallation(client, { pointId, meterId, at, initialIndex: input.initialIndex })
  const bound = await bindMeters(client, [meterId])
  if (bound.length === 0) await inheritFeed(client, old.meterId, meterId)
  return meterId
}

/** A finer resolution than before concerns all rows; else only what lies around the replacement changes. */
async function recomputeFrom(
  client: PoolClient,
  before: PointPlan,
  old: InstallationFacts,
  atMs: number,
  now: Date,
): Promise<Recomputed[]> {
  const id = before.meteringPointId
  const after = (await loadPlans(client, [id])).get(id)!
  const sameScales = after.usageScale === before.usageScale && after.indexScale === before.indexScale
  const ranges = sameScales
    ? [{ meteringPointId: id, fromMs: atMs, toMs: END_OF_TIME }]
    : await invalidate(client, [id])
  return recomputeNow(client, ranges, now)
}

async function check(
  client: PoolClient,
  plan: PointPlan,
  old: InstallationFacts,
  known: StoredMeter | null,
  input: Replacement,
  now: Date,
): Promise<void> {
  if (known?.isInstalled && known.id !== old.meterId) {
    const place = known.lastPlace
    throw fail(meteringErrors.meterInUse, `Meter ${input.serial} is installed at ${place}`, { place })
  }
  const atMs = Date.parse(input.at)
  const issues: { path: string; reason: MeteringReason }[] = []
  const refuse = (path: string, reason: MeteringReason) => issues.push({ path, reason })
  if (atMs > now.getTime()) refuse('at', { code: 'read.future' })
  if (atMs <= old.fromMs) refuse('at', { code: 'replacement.before_old' })
  if (input.serial === old.serial) refuse('serial', { code: 'replacement.same_serial' })
  const multiplier = decimalOf(input.multiplier)
  if (multiplier.mantissa <= 0n || multiplier.scale > 4)
    refuse('multiplier', { code: 'replacement.multiplier' })
  else if (!usageScaleFits(old.scale, multiplier))
    refuse('multiplier', { code: 'replacement.multiplier_places' })
  else if (known && known.id !== old.meterId) {
    const issuesOfMeter = checkSuccessor(known, await meterById(client, old.meterId), { ...input, atMs })
    for (const { path, reason } of issuesOfMeter) refuse(path, reason)
  }
  const typed = await typedReadAfter(client, old.meterId, new Date(atMs))
  if (typed) refuse('at', { code: 'replacement.typed_after', at: typed.toISOString() })
  if (issues.length === 0) await checkIndexes(client, plan, old, input, atMs, refuse)
  if (issues.length === 0) return
  throw fail(
    meteringErrors.replacementRefused,
    issues.map(({ path, reason }) => `${path}: ${say(reason, 'en')}`).join('; '),
    {
      issues,
    },
  )
}

async function checkIndexes(
  client: PoolClient,
  plan: PointPlan,
  old: InstallationFacts,
  input: Replacement,
  atMs: number,
  refuse: (path: string, reason: MeteringReason) => void,
): Promise<void> {
  const register = plan.registers.at(-1)!
  const reads = (await loadReads(client, [plan], atMs, atMs)).get(plan.meteringPointId)!
  const events = readsOfInstallation(installedMeters(plan, reads).at(-1)!).reads
  const { before } = neighboursOf(events, atMs)
  const after: Read | null = events.find((read) => read.atMs >= atMs) ?? null
  const index = (path: 'finalIndex' | 'initialIndex', left: Read | null, right: Read | null) => {
    const value = mantissaAt(decimalOf(input[path]), old.scale)
    if (value === null) return refuse(path, { code: 'register.places', places: old.scale })
    const scaled = value * 10n ** BigInt(register.scale - old.scale)
    if (scaled < 0n || (register.modulus !== null && scaled >= register.modulus)) {
      return refuse(path, { code: 'replacement.does_not_fit' })
    }
    for (const reason of checkIndex(register, left, atMs, scaled, right)) refuse(path, reason)
  }
  index('finalIndex', before, null)
  // Reads of the channel after the replacement are the new meter's, when nobody says otherwise
  index('initialIndex', null, after)
}
