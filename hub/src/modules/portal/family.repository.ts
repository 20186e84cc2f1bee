import type pg from 'pg'
import type { PortalFamilyMember } from '@courtyard/protocols/contract'
import { maskPhone } from '../../platform/auth/sensitive.ts'

type Client = Pick<pg.ClientBase, 'query'>

interface MemberRow {
  id: string
  name: string
  phone: string
  seesBills: boolean
  seesEnergy: boolean
  since: Date
}

const COLUMNS = `id, name, phone, sees_bills as "seesBills", sees_energy as "seesEnergy", created_at as since`

const memberOf = ({ phone, seesBills, seesEnergy, since, ...row }: MemberRow): PortalFamilyMember => ({
  ...row,
  phone: maskPhone(phone),
  sees: { bills: seesBills, energy: seesEnergy },
  since: since.toISOString(),
})

/** Whom the holder of a role lets in. */
export async function membersOf(client: Client, partyRoleId: string): Promise<PortalFamilyMember[]> {
  const { rows } = await client.query<MemberRow>(
    `select ${COLUMNS} from portal_family where party_role_id = $1 and ended_at is null order by created_at, id`,
    [partyRoleId],
  )
  return rows.map(memberOf)
}

/** The role itself, held until the transaction ends; false when it has ended. */
export async function lockRole(client: Client, partyRoleId: string, now: Date): Promise<boolean> {
  const { rows } = await client.query(
    'select 1 from party_role where id = $1 and (to_at is null or to_at > $2) for update',
    [partyRoleId, now],
  )
  return rows.length > 0
}

export interface NewMember {
  readonly partyRoleId: string
  readonly projectId: string
  readonly phone: string
  readonly name: string
  readonly sees: { readonly bills: boolean; readonly energy: boolean }
}

/** @returns null when the phone is invited already */
export async function insertMember(
  client: Client,
  { partyRoleId, projectId, phone, name, sees }: NewMember,
  now: Date,
): Promise<PortalFamilyMember | null> {
  const { rows } = await client.query<MemberRow>(
    `insert into portal_family (party_role_id, project_id, phone, name, sees_bills, sees_energy, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (party_role_id, phone) where ended_at is null do nothing returning ${COLUMNS}`,
    [partyRoleId, projectId, phone, name, sees.bills, sees.energy, now],
  )
  return rows[0] ? memberOf(rows[0]) : null
}

/** @returns null when there is none, or it has ended */
export async function endMember(
  client: Client,
  id: string,
  partyRoleIds: readonly string[],
  now: Date,
): Promise<{ projectId: string; partyRoleId: string; phone: string } | null> {
  const { rows } = await client.query<{ projectId: string; partyRoleId: string; phone: string }>(
    `update portal_family set ended_at = $3
     where id = $1 and party_role_id = any($2::uuid[]) and ended_at is null
     returning project_id as "projectId", party_role_id as "partyRoleId", phone`,
    [id, partyRoleIds, now],
  )
  return rows[0] ?? null
}
