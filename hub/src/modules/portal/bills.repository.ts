import type pg from 'pg'
import type { PortalBill } from '@courtyard/protocols/contract'
import type { Place } from './domain/place.ts'

type Client = Pick<pg.ClientBase, 'query'>

/** Whether somebody was something to the room when the time that is billed ended. */
const inRoomThen =
  'pr.room_id = $1 and pr.from_at < bill.ends and (pr.to_at is null or pr.to_at >= bill.ends)'
const sideOfRole = `case when pr.role = 'tenant' then 'tenant' else 'owner' end`

/**
 * Issued bills of the accounts that had the room, each with the instant at which its time in this room ends, and of
 * these the ones that are the person's own ($1 room, $2 since when, $3 side, $4 party):
 * - his role had begun by then: what ended before is his predecessor's;
 * - who paid the account then decides: he himself, or somebody of his side (co-owners, a couple that rents);
 * - with no payer of this room on file, a room that was let is the tenant's, any other one the owner's.
 */
const OWN_BILLS = `(
  select distinct on (issued.id) issued.*, least(issued.period_to, coalesce(home.to_at, 'infinity')) as ends
  from household_room home join bill issued on issued.household_id = home.household_id
  where home.room_id = $1 and issued.status = 'issued' and home.from_at < issued.period_to
    and (home.to_at is null or home.to_at > issued.period_from)
  order by issued.id, ends desc) as bill
  left join lateral (
    select payer.party_id from household_payer payer
    where payer.household_id = bill.household_id and payer.from_at < bill.ends
      and (payer.to_at is null or payer.to_at >= bill.ends)
      and exists (select from party_role pr where pr.room_id = $1 and pr.party_id = payer.party_id)
    order by payer.from_at desc limit 1) as payer on true
  join charge_item item on item.id = bill.item_id
  where bill.ends > $2 and case
    when payer.party_id is null then $3 = case when exists (
      select from party_role pr where pr.role = 'tenant' and ${inRoomThen}) then 'tenant' else 'owner' end
    else payer.party_id = $4::uuid or exists (
      select from party_role pr where pr.party_id = payer.party_id and ${sideOfRole} = $3 and ${inRoomThen})
    end`

const valuesOf = (place: Place) => [place.room.id, place.since, place.side, place.partyId]

interface BillRow extends Omit<PortalBill, 'item' | 'issuedAt'> {
  itemCode: string
  itemZh: string
  itemEn: string
  medium: PortalBill['item']['medium']
  unit: string
  issuedAt: Date | null
}

/** Twenty years of a dozen charges a month; nobody scrolls further. */
const MOST_BILLS = 2_880

/** Newest first. */
export async function ownBills(client: Client, place: Place, limit = MOST_BILLS): Promise<PortalBill[]> {
  const { rows } = await client.query<BillRow>(
    `select bill.id, bill.number, to_char(bill.month, 'YYYY-MM') as month, item.code as "itemCode",
       item.label_zh as "itemZh", item.label_en as "itemEn", item.medium, item.unit,
       trim_scale(bill.quantity)::text as quantity, bill.amount::text, bill.estimated, bill.issued_at as "issuedAt"
     from ${OWN_BILLS} order by bill.month desc, item.code, bill.id limit $5`,
    [...valuesOf(place), limit],
  )
  return rows.map(({ itemCode, itemZh, itemEn, medium, unit, issuedAt, ...bill }) => ({
    ...bill,
    item: { code: itemCode, label: { zh: itemZh, en: itemEn }, medium, unit },
    issuedAt: issuedAt?.toISOString() ?? null,
  }))
}

export async function ownTotal(client: Client, place: Place): Promise<{ count: number; amount: string }> {
  const { rows } = await client.query<{ count: number; amount: string }>(
    `select count(*)::int as count, coalesce(sum(bill.amount), 0.00)::text as amount from ${OWN_BILLS}`,
    valuesOf(place),
  )
  return rows[0]!
}

export async function isOwnBill(client: Client, place: Place, billId: string): Promise<boolean> {
  const { rows } = await client.query(`select 1 from ${OWN_BILLS} and bill.id = $5`, [
    ...valuesOf(place),
    billId,
  ])
  return rows.length > 0
}
