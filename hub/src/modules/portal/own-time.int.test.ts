/**
 * Who sees which bill and which day of use, over random lives of a room, against a second way of saying it: time cut
 * into half days, and each half day asked who was what then.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { newMeter, newParty, smallEstate } from '../parties/testing.ts'
import { ownBills, ownTotal } from './bills.repository.ts'
import { portalModule } from './index.ts'
import { placesOf } from './places.repository.ts'
import { firstDayOf, ownUsage } from './usage.repository.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({
    modules: [estateModule, meteringModule, chargingModule, partiesModule, portalModule],
  })
})
afterAll(() => hub.stop())

const HALF_DAY_MS = 43_200_000
/** Local midnight of the project, which lies in Asia/Shanghai. */
const BEGIN_MS = Date.parse('2026-01-01T00:00:00+08:00')
/** Half days from January to the end of April; who looks, looks then. */
const NOW = 240
const MONTHS = [0, 62, 118, 180, 240] as const
const at = (half: number) => new Date(BEGIN_MS + half * HALF_DAY_MS)

interface Span {
  readonly from: number
  readonly to: number | null
}
interface Role extends Span {
  readonly party: number
  readonly role: 'owner' | 'coOwner' | 'tenant' | 'family' | 'contact'
}
interface Life {
  readonly roles: readonly Role[]
  /** One after the other; each names a household. */
  readonly stays: readonly (Span & { household: number })[]
  readonly payers: readonly (Span & { household: number; party: number })[]
}

const span = fc
  .tuple(fc.nat(NOW - 1), fc.integer({ min: 1, max: 120 }), fc.boolean())
  .map(([from, length, ended]): Span => ({ from, to: ended ? Math.min(from + length, NOW - 1) + 1 : null }))
const roleKind = fc.constantFrom('owner', 'coOwner', 'tenant', 'family', 'contact')
const roles = fc
  .array(fc.tuple(span, fc.nat(3), roleKind), { minLength: 1, maxLength: 7 })
  .map((all) => all.map(([when, party, role]): Role => ({ ...when, party, role })))
  .map(asTheDatabaseAllows)
const stays = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 80 }), fc.nat(2)), { minLength: 1, maxLength: 4 })
  .map((parts) => {
    let from = 0
    return parts.map(([length, household], i) => {
      const stay = { household, from, to: i === parts.length - 1 ? null : from + length }
      from += length
      return stay
    })
  })
const payers = fc
  .array(fc.tuple(span, fc.nat(2), fc.nat(3)), { maxLength: 3 })
  .map((all) => all.map(([when, household, party]) => ({ ...when, household, party })))
  .map((all) => all.filter((one, i) => all.findIndex((other) => other.household === one.household) === i))
const lives: fc.Arbitrary<Life> = fc.record({ roles, stays, payers })

/** One main owner at a time; nobody is the same thing twice at the moment. */
function asTheDatabaseAllows(all: readonly Role[]): Role[] {
  const open = new Set<string>()
  return all.filter(({ to, role, party }) => {
    if (to !== null) return true
    const key = role === 'owner' ? role : `${role} ${party}`
    return !open.has(key) && open.add(key)
  })
}

const covers = ({ from, to }: Span, half: number) => from <= half && (to === null || half < to)
const sideOf = ({ role }: Role) => (role === 'tenant' ? 'tenant' : 'owner')

/** The other way of saying it. */
function mayRead(life: Life, mine: Role, household: number, month: number): boolean {
  const halves = Array.from({ length: MONTHS[month + 1]! - MONTHS[month]! }, (_, i) => MONTHS[month]! + i)
  const billed = halves.filter((half) =>
    life.stays.some((stay) => stay.household === household && covers(stay, half)),
  )
  const last = billed.at(-1)
  if (last === undefined || mine.from > last) return false
  const then = life.roles.filter((role) => covers(role, last))
  const payer = life.payers.find(
    (one) =>
      one.household === household && covers(one, last) && life.roles.some(({ party }) => party === one.party),
  )
  if (payer) {
    return (
      payer.party === mine.party ||
      then.some((role) => role.party === payer.party && sideOf(role) === sideOf(mine))
    )
  }
  return sideOf(mine) === (then.some(({ role }) => role === 'tenant') ? 'tenant' : 'owner')
}

function maySeeDay(life: Life, mine: Role, day: number): boolean {
  const halves = [2 * day, 2 * day + 1]
  if (mine.from > halves[0]!) return false
  if (sideOf(mine) === 'tenant') return true
  return !halves.some((half) => life.roles.some((role) => role.role === 'tenant' && covers(role, half)))
}

let rooms = 0

/** Puts a life into the database, in a room of its own. */
async function live(life: Life) {
  const { projectId, rooms: made } = await smallEstate(hub)
  const { pool } = hub.hub.db
  const roomId = made.get('0101')!
  const phones = [0, 1, 2, 3].map((party) => `139${String(++rooms).padStart(6, '0')}0${party}`)
  const parties = await Promise.all(phones.map((phone, i) => newParty(hub, projectId, `P${i}`, phone)))
  const when = ({ from, to }: Span) => [at(from), to === null ? null : at(to)]
  const roleIds: string[] = []
  for (const role of life.roles) {
    const { rows } = await pool.query<{ id: string }>(
      `insert into party_role (project_id, building_id, room_id, party_id, role, from_at, to_at)
       select project_id, building_id, id, $2, $3, $4, $5 from room where id = $1 returning id`,
      [roomId, parties[role.party], role.role, ...when(role)],
    )
    roleIds.push(rows[0]!.id)
  }
  const { rows: households } = await pool.query<{ id: string }>(
    `insert into household (project_id, account_number, name, kind)
     select $1, 'A' || n, 'A' || n, 'residential' from generate_series(0, 2) n returning id`,
    [projectId],
  )
  for (const stay of life.stays) {
    await pool.query(
      `insert into household_room (household_id, room_id, from_at, to_at) values ($1, $2, $3, $4)`,
      [households[stay.household]!.id, roomId, ...when(stay)],
    )
  }
  for (const payer of life.payers) {
    await pool.query(
      'insert into household_payer (household_id, party_id, from_at, to_at) values ($1, $2, $3, $4)',
      [households[payer.household]!.id, parties[payer.party], ...when(payer)],
    )
  }
  return { projectId, roomId, phones, roleIds, households: households.map(({ id }) => id) }
}

/** A bill per household and month, its amount naming both. @returns [household, month] by id */
async function billAll(projectId: string, households: readonly string[]) {
  const { pool } = hub.hub.db
  const { rows: items } = await pool.query<{ id: string }>(
    `insert into charge_item (project_id, code, label_zh, label_en, medium, unit)
     values ($1, 'power', '电费', 'Power', 'electricity', 'kWh') returning id`,
    [projectId],
  )
  const bills = new Map<string, { household: number; month: number }>()
  for (const [household, id] of households.entries()) {
    for (let month = 0; month < 4; month++) {
      const { rows } = await pool.query<{ id: string }>(
        `insert into bill (id, run_id, project_id, household_id, item_id, month, status, number, quantity, amount,
           estimated, tariff_id, period_from, period_to, issued_at)
         values (gen_random_uuid(), gen_random_uuid(), $1, $2, $3, ('2026-0' || $4::text || '-01')::date, 'issued',
           gen_random_uuid()::text, 10, 10, false, gen_random_uuid(), $5, $6, now()) returning id`,
        [projectId, id, items[0]!.id, month + 1, at(MONTHS[month]!), at(MONTHS[month + 1]!)],
      )
      bills.set(rows[0]!.id, { household, month })
    }
  }
  return bills
}

test(
  'a bill is seen by whose it was when the time that it bills ended, and by nobody else',
  { timeout: 60_000 },
  () =>
    fc.assert(
      fc.asyncProperty(lives, async (life) => {
        const { projectId, phones, roleIds, households } = await live(life)
        const bills = await billAll(projectId, households)
        for (const [party, phone] of phones.entries()) {
          const places = await placesOf(hub.hub.db.pool, phone, at(NOW))
          const current = life.roles.filter(
            (role) => role.party === party && role.role !== 'contact' && covers(role, NOW),
          )
          expect(places.map(({ id }) => id).sort()).toEqual(
            current.map((role) => roleIds[life.roles.indexOf(role)]!).sort(),
          )
          for (const place of places) {
            const mine = life.roles[roleIds.indexOf(place.id)]!
            const seen = await ownBills(hub.hub.db.pool, place)
            const wanted = [...bills].filter(([, { household, month }]) =>
              mayRead(life, mine, household, month),
            )
            expect(seen.map(({ id }) => id).sort()).toEqual(wanted.map(([id]) => id).sort())
            expect((await ownTotal(hub.hub.db.pool, place)).count).toBe(wanted.length)
          }
        }
      }),
      { numRuns: 25 },
    ),
)

test(
  'use is seen of the own days only, and of a room that is let by the tenant only',
  { timeout: 60_000 },
  () =>
    fc.assert(
      fc.asyncProperty(lives, async (life) => {
        const { projectId, roomId, phones, roleIds } = await live(life)
        const { pool } = hub.hub.db
        const pointId = await newMeter(hub, projectId, roomId, `E-${projectId}`)
        await pool.query(
          `insert into usage_day (metering_point_id, project_id, day, slot_usage, slot_status, slot_index, estimated_bits,
           scale, index_scale, usage, status, known_slots)
         select $1, $2, '2026-01-01'::date + n, array_fill(1::bigint, array[48]), array_fill(0::smallint, array[48]),
           array_fill(1::bigint, array[49]), 0, 2, 2, 1, 0, 48 from generate_series(0, 119) n`,
          [pointId, projectId],
        )
        for (const place of (
          await Promise.all(phones.map((phone) => placesOf(pool, phone, at(NOW))))
        ).flat()) {
          const mine = life.roles[roleIds.indexOf(place.id)]!
          const firstDay = await firstDayOf(pool, place)
          const span = { ids: [pointId], firstDay, lastDay: '2026-04-30', by: 'day' } as const
          const seen = await ownUsage(pool, place, span)
          const wanted = Array.from({ length: 120 }, (_, day) => day)
            .filter((day) => maySeeDay(life, mine, day))
            .map((day) => new Date(BEGIN_MS + (2 * day + 1) * HALF_DAY_MS).toISOString().slice(0, 10))
          expect([...seen.keys()].sort()).toEqual(wanted)
        }
      }),
      { numRuns: 20 },
    ),
)
