/** Owners at their phones, for tests. */
import type { PortalSession, RouteKey, RouteResponse } from '@courtyard/protocols/contract'
import { sealedPlace } from '../../platform/notify/notify.ts'
import { fromSomewhere, type CallInput, type TestHub } from '../../platform/testing.ts'

/** The code that was last sent to a phone; null when none was. */
export async function codeSentTo(hub: TestHub, phone: string): Promise<string | null> {
  const { rows } = await hub.hub.db.pool.query<{ id: string; sealed: Buffer }>(
    `select id, body_sealed as sealed from message_delivery where address = $1 and channel = 'sms' and body_sealed is not null
     order by created_at desc limit 1`,
    [phone],
  )
  const [row] = rows
  if (!row?.sealed) return null
  const text = hub.hub.security.box.open(row.sealed, sealedPlace(row.id)).toString()
  return /\d{6}/.exec(text)![0]
}

export interface PortalClient {
  readonly session: PortalSession
  readonly headers: Readonly<Record<string, string>>
  call<K extends RouteKey>(key: K, input?: CallInput<K>): Promise<RouteResponse<K>>
  raw<K extends RouteKey>(key: K, input?: CallInput<K>): ReturnType<TestHub['anonymous']['raw']>
}

/** Signs in with the code. The clock of the test has to be past the pause between two codes. */
export async function portalClient(hub: TestHub, phone: string): Promise<PortalClient> {
  const headers = fromSomewhere()
  await hub.anonymous.call('POST /api/portal/codes', { body: { phone }, headers })
  const code = (await codeSentTo(hub, phone)) ?? 'none sent'
  const answer = await hub.anonymous.raw('POST /api/portal/sign-in', { body: { phone, code }, headers })
  if (answer.status !== 200) throw new Error(`sign-in: ${JSON.stringify(answer.body)}`)
  const session = answer.body as PortalSession
  const cookie = String((answer.headers as Record<string, unknown>)['set-cookie']).split(';')[0]!
  const own = { cookie, 'x-csrf-token': session.csrfToken }
  const with_ = <K extends RouteKey>(input?: CallInput<K>) => ({
    ...input,
    headers: { ...own, ...input?.headers },
  })
  return {
    session,
    headers: own,
    call: (key, input) => hub.anonymous.call(key, with_(input)),
    raw: (key, input) => hub.anonymous.raw(key, with_(input)),
  }
}
