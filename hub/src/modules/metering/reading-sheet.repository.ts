/** What a person must know of meters to read them where there is no network. */
import { decimalOf, formatDecimal, mantissaAt } from './domain/decimal.ts'
import { loadPlans, type Queryable } from './usage/plan.repository.ts'

/** Decimals in the register's own unit, before the multiplier. */
export interface ReadingSheet {
  readonly serial: string
  /** Decimal places that the display shows. */
  readonly places: number
  /** Highest index and one; null when it does not roll over. */
  readonly end: string | null
  readonly maxPerHour: string
  readonly jitter: string
  /** Usual count of a day in the last three months; null without usage. */
  readonly perDay: string | null
  readonly lastRead: { readonly at: Date; readonly index: string } | null
}

interface UsualRow {
  id: string
  perDay: string | null
  lastReadAt: Date | null
  lastIndex: string | null
}

/** Of the points where a meter is installed now, by metering point. */
export async function readingSheets(
  client: Queryable,
  meteringPointIds: readonly string[],
  now: Date,
): Promise<Map<string, ReadingSheet>> {
  const [plans, usual] = await Promise.all([
    loadPlans(client, meteringPointIds),
    usualCounts(client, meteringPointIds, now),
  ])
  const sheets = new Map<string, ReadingSheet>()
  for (const [id, plan] of plans) {
    const position = plan.installations.findIndex(
      ({ fromMs, toMs }) => fromMs <= now.getTime() && (toMs === null || now.getTime() < toMs),
    )
    const facts = plan.installations[position]
    const register = plan.registers[position]
    if (!facts || !register) continue
    const text = (value: bigint) => formatDecimal(value, register.scale)
    const row = usual.get(id)
    const hasRead = row?.lastReadAt && row.lastReadAt.getTime() >= facts.fromMs
    const initial =
      facts.initialIndex === null ? null : mantissaAt(decimalOf(facts.initialIndex), register.scale)
    sheets.set(id, {
      serial: facts.serial,
      places: facts.scale,
      end: register.modulus === null ? null : text(register.modulus),
      maxPerHour: text(register.maxPerHour),
      jitter: text(register.jitter),
      perDay: row?.perDay ?? null,
      lastRead: hasRead
        ? { at: row.lastReadAt!, index: row.lastIndex! }
        : initial === null
          ? null
          : { at: new Date(facts.fromMs), index: text(initial) },
    })
  }
  return sheets
}

async function usualCounts(
  client: Queryable,
  meteringPointIds: readonly string[],
  now: Date,
): Promise<Map<string, UsualRow>> {
  const { rows } = await client.query<UsualRow>(
    `select mp.id, s.last_read_at as "lastReadAt", round(s.last_index, s.scale)::text as "lastIndex",
       trim_scale(round(d.per_day / m.multiplier, 3))::text as "perDay"
     from metering_point mp
       join installation i on i.metering_point_id = mp.id and i.from_at <= $2 and (i.to_at is null or $2 < i.to_at)
       join meter m on m.id = i.meter_id
       left join metering_point_state s on s.metering_point_id = mp.id
       left join lateral (select avg(usage) as per_day from usage_day u where u.metering_point_id = mp.id
         and u.day >= $2::date - 92 and u.known_slots >= 44) d on true
     where mp.id = any($1::uuid[])`,
    [meteringPointIds, now],
  )
  return new Map(rows.map((row) => [row.id, row]))
}
