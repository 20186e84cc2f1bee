/**
 * A neighbourhood whose month of usage stands in the database: 70 % of the accounts pay by three tiers, 20 % by
 * time of use, 10 % by tiers with time of use. Everything that metering would have written is written by COPY,
 * with the reads and batches behind each month.
 */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { BoundaryIndex, TariffRule } from '@courtyard/protocols/contract'
import { copyRows, type CopyValue } from '../../../hub/src/platform/database/copy-rows.ts'

export interface Neighbourhood {
  readonly projectId: string
  readonly itemId: string
  readonly month: string
  /** All usage of the month, in 0.01 kWh. */
  readonly usage: bigint
}

const MONTH = '2026-06'
const FROM = '2026-05-31T16:00:00.000Z'
const TO = '2026-06-30T16:00:00.000Z'
const MEASURED = 0
const SLOTS_OF_JUNE = 30 * 48

const tiers = (field: 'price' | 'surcharge', ...values: string[]) =>
  values.map((value, index) => ({ upTo: ['240', '400'][index] ?? null, [field]: value }))
const dayOfUse = {
  bands: [
    { band: 'peak', price: '1.1946' },
    { band: 'flat', price: '0.7520' },
    { band: 'valley', price: '0.3411' },
  ],
  windows: [
    { from: '00:00', to: '08:00', band: 'valley' },
    { from: '08:00', to: '11:30', band: 'peak' },
    { from: '11:30', to: '18:00', band: 'flat' },
    { from: '18:00', to: '22:00', band: 'peak' },
    { from: '22:00', to: '24:00', band: 'flat' },
  ],
}
const rules = [
  { kind: 'tiered', period: 'month', tiers: tiers('price', '0.4883', '0.5383', '0.7883') },
  { kind: 'timeOfUse', ...dayOfUse },
  { kind: 'tieredTimeOfUse', period: 'month', tiers: tiers('surcharge', '0', '0.05', '0.3'), ...dayOfUse },
] as TariffRule[]

/** What autovacuum has done long before the month is billed; not possible inside of a transaction. */
export async function settleNeighbourhood(client: pg.ClientBase): Promise<void> {
  await client.query(
    'VACUUM (ANALYZE) household, metering_point, meter, installation, charge_assignment, usage_month',
  )
}

/** Which of the rules an account has. */
const ruleOf = (account: number) => (account % 10 < 7 ? 0 : account % 10 < 9 ? 1 : 2)

/** Writes the neighbourhood; the same seed gives the same usage. */
export async function seedNeighbourhood(
  client: pg.ClientBase,
  accounts: number,
  seed = 1,
): Promise<Neighbourhood> {
  const projectId = randomUUID()
  const itemId = randomUUID()
  const code = `B${seed}`
  await client.query(
    `INSERT INTO project (id, code, name, time_zone) VALUES ($1, $2, 'Bench', 'Asia/Shanghai')`,
    [projectId, code],
  )
  await client.query(
    `INSERT INTO charge_item (id, project_id, code, label_zh, label_en, medium, unit)
     VALUES ($1, $2, 'ELEC', '电费', 'Electricity', 'electricity', 'kWh')`,
    [itemId, projectId],
  )
  const tariffs = await seedTariffs(client, projectId)
  const people = Array.from({ length: accounts }, (_, account) => new Person(account, tariffs, seed))
  const write = (table: string, columns: string[], row: (person: Person) => readonly CopyValue[]) =>
    copyRows(client, table, columns, rowsOf(people, row))
  await write('household', ['id', 'project_id', 'account_number', 'name', 'kind'], (person) => [
    person.householdId,
    projectId,
    person.number,
    `住户 ${person.number}`,
    'residential',
  ])
  await write('metering_point', ['id', 'project_id', 'code', 'name', 'medium', 'role', 'unit'], (person) => [
    person.pointId,
    projectId,
    `E-${person.number}`,
    person.number,
    'electricity',
    'household',
    'kWh',
  ])
  await write(
    'meter',
    ['id', 'project_id', 'serial', 'medium', 'manufacturer', 'model', 'unit', 'scale', 'digits'],
    (person) => [person.meterId, projectId, `S${person.number}`, 'electricity', 'Acme', 'M1', 'kWh', 2, 8],
  )
  await write(
    'installation',
    ['id', 'metering_point_id', 'meter_id', 'from_at', 'initial_index'],
    (person) => [randomUUID(), person.pointId, person.meterId, '2026-01-01T00:00:00Z', '0'],
  )
  await write(
    'charge_assignment',
    ['id', 'project_id', 'household_id', 'item_id', 'metering_point_id', 'tariff_id', 'from_day'],
    (person) => [
      randomUUID(),
      projectId,
      person.householdId,
      itemId,
      person.pointId,
      person.tariffId,
      '2026-01-01',
    ],
  )
  let usage = 0n
  await write(
    'usage_month',
    [
      'metering_point_id',
      'month',
      'project_id',
      'usage',
      'slot_usage',
      'scale',
      'status',
      'known_slots',
      'total_slots',
      'estimated_slots',
      'from_boundary',
      'to_boundary',
    ],
    (person) => {
      const slots = person.slotUsage()
      const sum = slots.reduce((all, units) => all + units, 0)
      usage += BigInt(sum)
      const start = 100_000 + person.account
      return [
        person.pointId,
        `${MONTH}-01`,
        projectId,
        hundredths(sum),
        slots,
        2,
        MEASURED,
        SLOTS_OF_JUNE,
        SLOTS_OF_JUNE,
        0,
        { json: boundary(FROM, start, 4_711) },
        { json: boundary(TO, start + sum, 9_042) },
      ]
    },
  )
  return { projectId, itemId, month: MONTH, usage }
}

function* rowsOf<T>(items: readonly T[], row: (item: T) => readonly CopyValue[]) {
  for (const item of items) yield row(item)
}

async function seedTariffs(client: pg.ClientBase, projectId: string): Promise<string[]> {
  const ids: string[] = []
  for (const [index, rule] of rules.entries()) {
    const id = randomUUID()
    await client.query(
      `INSERT INTO tariff (id, project_id, code, name, unit) VALUES ($1, $2, $3, $4, 'kWh')`,
      [id, projectId, `T${index}`, rule.kind],
    )
    await client.query(
      `INSERT INTO tariff_version (tariff_id, effective_from, rule, created_by) VALUES ($1, '2026-01-01', $2, 'bench')`,
      [id, JSON.stringify(rule)],
    )
    ids.push(id)
  }
  return ids
}

class Person {
  readonly account: number
  readonly number: string
  readonly tariffId: string
  readonly householdId = randomUUID()
  readonly pointId = randomUUID()
  readonly meterId = randomUUID()
  private readonly seed: number

  constructor(account: number, tariffs: readonly string[], seed: number) {
    this.account = account
    this.number = String(account + 1).padStart(7, '0')
    this.tariffId = tariffs[ruleOf(account)]!
    this.seed = seed
  }

  /** 48 sums of a month, in 0.01 kWh: some 100 to 600 kWh together. */
  slotUsage(): number[] {
    const random = xorshift(this.account * 2_654_435_761 + this.seed)
    const level = 200 + (random() % 1_050)
    return Array.from({ length: 48 }, () => level + (random() % 200))
  }
}

function xorshift(start: number): () => number {
  let state = start >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>>= 0)
  }
}

const hundredths = (units: number) => (units / 100).toFixed(2)

function boundary(at: string, index: number, batchId: number): BoundaryIndex {
  const text = hundredths(index)
  return {
    at,
    index: text,
    method: 'read',
    reads: [{ at, index: text, source: 'feed', batchId: String(batchId) }],
  }
}
