import type pg from 'pg'
import type { OwnerChangePreview, Settlement } from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>

type Head = Pick<OwnerChangePreview, 'room' | 'owner' | 'ending' | 'household'>

export async function changeHead(client: Client, roomId: string): Promise<Head> {
  const { rows } = await client.query<Head>(
    `select json_build_object('id', r.id, 'projectId', r.project_id, 'code', r.code, 'unit', u.name,
         'building', json_build_object('id', b.id, 'name', b.name)) as room,
       (select json_build_object('id', p.id, 'name', p.name, 'since', pr.from_at) from party_role pr
         join party p on p.id = pr.party_id where pr.room_id = r.id and pr.role = 'owner' and pr.to_at is null) as owner,
       coalesce((select json_agg(json_build_object('name', p.name, 'role', pr.role) order by pr.from_at) from party_role pr
         join party p on p.id = pr.party_id
         where pr.room_id = r.id and pr.to_at is null and pr.role in ('coOwner', 'family', 'resident')), '[]') as ending,
       (select json_build_object('id', h.id, 'accountNumber', h.account_number, 'name', h.name) from household_room hr
         join household h on h.id = hr.household_id where hr.room_id = r.id and hr.to_at is null) as household
     from room r join building b on b.id = r.building_id left join unit u on u.id = r.unit_id where r.id = $1`,
    [roomId],
  )
  const row = rows[0]!
  return { ...row, owner: row.owner && { ...row.owner, since: new Date(row.owner.since).toISOString() } }
}

type BillRow = Omit<OwnerChangePreview['unpaidBills'][number], 'item'> & { zh: string; en: string }

/** Issued bills of an account; payments are not recorded yet. */
export async function unpaidBills(
  client: Client,
  householdId: string,
): Promise<OwnerChangePreview['unpaidBills']> {
  const { rows } = await client.query<BillRow>(
    `select b.id, b.number, to_char(b.month, 'YYYY-MM') as month, i.label_zh as zh, i.label_en as en, b.amount::text
     from bill b join charge_item i on i.id = b.item_id where b.household_id = $1 and b.status = 'issued' and b.amount > 0
     order by b.month, i.code`,
    [householdId],
  )
  return rows.map(({ zh, en, ...row }) => ({ ...row, item: { zh, en } }))
}

/** Roles that end with the owner's; tenants and contacts stay. @returns their ids */
export async function endRolesAt(
  client: Client,
  roomId: string,
  at: Date,
  userId: string,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `update party_role set to_at = $2, ended_by = $3, version = version + 1, updated_at = now(), updated_by = $3
     where room_id = $1 and to_at is null and from_at < $2 and role in ('owner', 'coOwner', 'family', 'resident')
     returning id`,
    [roomId, at, userId],
  )
  return rows.map(({ id }) => id)
}

export interface NewOwnerChange {
  readonly id: string
  readonly projectId: string
  readonly buildingId: string
  readonly roomId: string
  readonly at: Date
  readonly fromPartyId: string | null
  readonly toPartyId: string
  readonly fromHouseholdId: string | null
  readonly toHouseholdId: string
  readonly unpaidBills: number
  readonly unpaidAmount: string
  readonly settlement: Settlement
  readonly reads: readonly object[]
  readonly reason: string | null
  readonly userId: string
  readonly now: Date
}

export async function insertOwnerChange(client: Client, row: NewOwnerChange): Promise<void> {
  await client.query(
    `insert into owner_change (id, project_id, building_id, room_id, at, from_party_id, to_party_id, from_household_id,
       to_household_id, unpaid_bills, unpaid_amount, settlement, reads, reason, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      row.id,
      row.projectId,
      row.buildingId,
      row.roomId,
      row.at,
      row.fromPartyId,
      row.toPartyId,
      row.fromHouseholdId,
      row.toHouseholdId,
      row.unpaidBills,
      row.unpaidAmount,
      row.settlement,
      JSON.stringify(row.reads),
      row.reason,
      row.now,
      row.userId,
    ],
  )
}
