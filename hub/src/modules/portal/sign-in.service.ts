/** A phone proves itself with a code; who is on file with it sees his rooms. */
import { randomInt } from 'node:crypto'
import type { PortalSession } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { notePortalSignIn } from '../../platform/audit/sign-in-log.ts'
import { hashPassword, verifyPassword } from '../../platform/auth/password.ts'
import { maskPhone } from '../../platform/auth/sensitive.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { notify } from '../../platform/notify/index.ts'
import type { Language } from '../../platform/reasons/reason.ts'
import { insertCode, lockCodes, recentCodes, tryCode, useCode } from './codes.repository.ts'
import { AGAIN_SECONDS, CODE_MINUTES, waitSeconds } from './domain/code-limits.ts'
import { shownPlace, type Place } from './domain/place.ts'
import { portalErrors } from './errors.ts'
import { CODE_TEMPLATE } from './messages.ts'
import { phoneDigits, placesOf } from './places.repository.ts'
import { beginSession } from './sessions.ts'

/** What a request takes at least, so that the time does not tell whether a phone is on file. */
const LEAST_MS = 150

/**
 * The same for every phone: limits count, a code is made and kept. Only who is on file is sent it.
 * @throws AppError `portal.wait` with `retryAfterSeconds`
 */
export async function sendCode(
  hub: Hub,
  { phone, ip, language }: { phone: string; ip: string; language: Language },
): Promise<{ validSeconds: number; againSeconds: number }> {
  const least = new Promise((resolve) => setTimeout(resolve, LEAST_MS))
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  const codeHash = await hashPassword(code)
  await hub.db.transaction(async (client) => {
    const digits = await phoneDigits(client, phone)
    await lockCodes(client, digits, ip)
    const now = hub.clock.now()
    const wait = waitSeconds(await recentCodes(client, digits, ip, now), now.getTime())
    if (wait !== null) throw fail(portalErrors.wait, 'Wait a little', { retryAfterSeconds: wait })
    const expiresAt = new Date(now.getTime() + CODE_MINUTES * 60_000)
    await insertCode(client, { phone: digits, codeHash, ip, createdAt: now, expiresAt })
    if ((await placesOf(client, digits, now)).length === 0) return
    await notify(hub, client, {
      template: CODE_TEMPLATE,
      to: [{ kind: 'address', channel: 'sms', address: phone, name: maskPhone(phone), language }],
      variables: { code, minutes: CODE_MINUTES },
      projectId: null,
      priority: 'urgent',
    })
  })
  await least
  return { validSeconds: CODE_MINUTES * 60, againSeconds: AGAIN_SECONDS }
}

interface From {
  readonly ip: string
  readonly userAgent: string | null
  readonly requestId: string
  readonly audit: (phone: string) => Audit
}

/** @throws AppError `portal.bad_code`, whatever is wrong */
export async function signIn(
  hub: Hub,
  given: { phone: string; code: string },
  from: From,
): Promise<{ secret: string; session: PortalSession }> {
  const { pool } = hub.db
  const phone = await phoneDigits(pool, given.phone)
  const badCode = async () => {
    await noteRefusal(hub, phone, from)
    return fail(portalErrors.badCode, 'The code is wrong or too old')
  }
  const kept = await tryCode(pool, phone, hub.clock.now())
  // The time of a hash also for a phone without a code
  const matches = await verifyPassword(given.code, kept?.codeHash ?? '')
  if (!kept || !matches) throw await badCode()
  const admitted = await hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    const places = await placesOf(client, phone, now)
    if (places.length === 0 || !(await useCode(client, kept.id, now))) return null
    const { secret, csrfToken } = await beginSession(hub, client, phone, from)
    const projectIds = projectsOf(places)
    for (const projectId of projectIds) {
      await from.audit(phone)(client, { action: 'portal.signIn', entity: 'portal', projectId })
    }
    await notePortalSignIn(client, { ...from, at: now, phone, projectIds, unknownName: null, reason: null })
    return { secret, session: sessionBody(phone, csrfToken, places) }
  })
  if (!admitted) throw await badCode()
  return admitted
}

/** The same work for every phone. One that is not on file is not kept: only a mark of it is. */
async function noteRefusal({ db, clock, security }: Hub, phone: string, from: From): Promise<void> {
  const at = clock.now()
  const projectIds = projectsOf(await placesOf(db.pool, phone, at))
  const mark = security.box.mark(phone, 'sign-in-name')
  const who =
    projectIds.length > 0
      ? ({ phone, unknownName: null, reason: 'wrongCode' } as const)
      : ({ phone: null, unknownName: mark, reason: 'unknownName' } as const)
  await notePortalSignIn(db.pool, { ...from, ...who, at, projectIds })
}

const projectsOf = (places: readonly Place[]): string[] => [
  ...new Set(places.map(({ project }) => project.id)),
]

export function sessionBody(phone: string, csrfToken: string, places: readonly Place[]): PortalSession {
  const own = places.find(({ role }) => role !== 'invited') ?? places[0]!
  return { name: own.partyName, phone: maskPhone(phone), csrfToken, places: places.map(shownPlace) }
}
