import type { Session } from '@courtyard/protocols/contract'
import { HubError, type HubClient } from '../hub-client.ts'

export const ADMIN = 'admin'

/** The people of the demo, besides the administrator. */
const STAFF: readonly { username: string; displayName: string; role: string }[] = [
  { username: 'engineer', displayName: '工程师 Engineer', role: 'engineer' },
  { username: 'clerk', displayName: '收费员 Billing clerk', role: 'billingClerk' },
  { username: 'manager', displayName: '经理 Manager', role: 'manager' },
]

export const DEMO_ACCOUNTS = [{ username: ADMIN, role: 'administrator' }, ...STAFF]

/** Signs in as the administrator; on the very first start makes him with the hub's one-time token. */
export async function signInAsAdmin(
  hub: HubClient,
  password: string,
  setupToken: () => Promise<string>,
): Promise<Session> {
  const { needed } = await hub.call('GET /api/setup')
  if (!needed) return hub.signIn(ADMIN, password)
  return hub.setUp({
    token: await setupToken(),
    username: ADMIN,
    displayName: '管理员 Administrator',
    password,
  })
}

export async function ensureStaff(hub: HubClient, password: string): Promise<void> {
  const { items } = await hub.call('GET /api/users', { query: { pageSize: 500 } })
  const known = new Set(items.map((user) => user.username))
  for (const person of STAFF) {
    if (known.has(person.username)) continue
    const { username, displayName, role } = person
    const assignments = [{ role, place: { all: true } }] as const
    await hub.call('POST /api/users', {
      body: { username, displayName, password, assignments: [...assignments] },
    })
  }
}

/** True when the error says that the demo's password is not the account's any more. */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof HubError && error.status === 401
}
