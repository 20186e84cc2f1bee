/** Who is meant, and where they can be reached. */
import type { MessageLanguage, OutsideChannel } from '@courtyard/protocols/contract'
import { maskPhone } from '../auth/sensitive.ts'
import { rowsOf, type WorkflowClient } from '../workflow/client.ts'

export type Recipient =
  | { readonly kind: 'users'; readonly ids: readonly string[] }
  /** Everybody who has one of the roles in the whole project of the message. */
  | { readonly kind: 'roles'; readonly roles: readonly string[] }
  /** Owners, tenants and others on file. */
  | { readonly kind: 'parties'; readonly ids: readonly string[] }
  /** Somebody who is not on file, such as a phone that is to be proved. */
  | {
      readonly kind: 'address'
      readonly channel: OutsideChannel
      readonly address: string
      readonly name?: string
      readonly language?: MessageLanguage
    }

export interface Addressee {
  readonly userId: string | null
  readonly partyId: string | null
  readonly name: string
  readonly language: MessageLanguage
  readonly addresses: Readonly<Partial<Record<OutsideChannel, string>>>
  /** Channels that the person has turned off. */
  readonly muted: readonly string[]
}

/** Nobody twice, however often named. Disabled accounts and archived parties are left out. */
export async function addressees(
  client: WorkflowClient,
  recipients: readonly Recipient[],
  projectId: string | null,
  now: Date,
): Promise<Addressee[]> {
  const userIds = recipients.flatMap((one) => (one.kind === 'users' ? one.ids : []))
  const roles = recipients.flatMap((one) => (one.kind === 'roles' ? one.roles : []))
  const partyIds = recipients.flatMap((one) => (one.kind === 'parties' ? one.ids : []))
  const withRoles = roles.length > 0 ? await usersWithRoles(client, roles, projectId, now) : []
  const users = await usersOf(client, [...new Set([...userIds, ...withRoles])])
  const parties = await partiesOf(client, [...new Set(partyIds)], projectId)
  const strangers = recipients.flatMap((one) => (one.kind === 'address' ? [strangerOf(one)] : []))
  return [...users, ...parties, ...strangers]
}

function strangerOf(one: Extract<Recipient, { kind: 'address' }>): Addressee {
  return {
    userId: null,
    partyId: null,
    // The name is shown and searched: a number in it would be seen by who may not see numbers
    name: one.name ?? (one.channel === 'email' ? one.address : maskPhone(one.address)),
    language: one.language ?? 'zh',
    addresses: { [one.channel]: one.address },
    muted: [],
  }
}

async function usersWithRoles(
  client: WorkflowClient,
  roles: readonly string[],
  projectId: string | null,
  now: Date,
): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `select distinct a.user_id as id from role_assignment a join role r on r.id = a.role_id
     where r.code = any($1::text[]) and r.archived_at is null
       and (a.until_at is null or a.until_at > $2::timestamptz)
       and a.records <> 'own' and (a.all_projects or $3::uuid = any(a.project_ids))`,
    [roles, now.toISOString(), projectId],
  )
  return rows.map(({ id }) => id)
}

interface PersonRow {
  id: string
  name: string
  email: string | null
  phone: string | null
  openid: string | null
  language: MessageLanguage | null
  muted: string[] | null
}

async function usersOf(client: WorkflowClient, ids: readonly string[]): Promise<Addressee[]> {
  if (ids.length === 0) return []
  const rows = await rowsOf<PersonRow>(
    client,
    `select u.id, u.display_name as name, u.email, u.phone, p.wechat_openid as openid, p.language,
       p.muted_channels as muted
     from app_user u left join message_preference p on p.user_id = u.id
     where u.id = any($1::uuid[]) and u.disabled_at is null order by u.id`,
    [ids],
  )
  return rows.map((row) => ({ ...personOf(row), userId: row.id, partyId: null }))
}

async function partiesOf(
  client: WorkflowClient,
  ids: readonly string[],
  projectId: string | null,
): Promise<Addressee[]> {
  if (ids.length === 0) return []
  const rows = await rowsOf<PersonRow>(
    client,
    `select id, name, email, phone, null as openid, null as language, null as muted from party
     where id = any($1::uuid[]) and archived_at is null and ($2::uuid is null or project_id = $2::uuid) order by id`,
    [ids, projectId],
  )
  return rows.map((row) => ({ ...personOf(row), userId: null, partyId: row.id }))
}

function personOf({ name, email, phone, openid, language, muted }: PersonRow) {
  return {
    name,
    language: language ?? 'zh',
    muted: muted ?? [],
    addresses: {
      ...(email ? { email } : {}),
      ...(phone ? { sms: phone, voice: phone } : {}),
      ...(openid ? { wechat: openid } : {}),
    },
  }
}
