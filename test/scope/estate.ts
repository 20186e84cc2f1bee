/**
 * A random estate: a row in every table for every building, and for every project where a table knows no buildings.
 * Each row has a text of its own in each of its texts, `zq` and the beginning of its id: found again in an answer, it
 * tells which row was shown.
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { readTables, type Column, type Table } from './catalogue.ts'
import type { Random } from './random.ts'

export interface Spot {
  readonly projectId: string
  /** Null: of the project as a whole. */
  readonly buildingId: string | null
}

export interface SeededRow extends Spot {
  readonly table: string
  /** Its first eight characters are the row's mark. */
  readonly id: string
  /** What a path calls it: the id, or the number that the database gave. */
  readonly key: string
}

export interface Estate {
  readonly tables: ReadonlyMap<string, Table>
  readonly projectIds: readonly string[]
  readonly buildings: readonly { readonly id: string; readonly projectId: string }[]
  readonly rows: readonly SeededRow[]
  /** Tables that took no row, and why: say in `VALUES` what they need. */
  readonly refused: ReadonlyMap<string, string>
  /** Tables whose rows lie in no project. */
  readonly placeless: ReadonlySet<string>
}

/** Not of a place: people, roles, keys, queues, and what is computed from other tables. */
const PLACELESS = new Set([
  'app_user',
  'session',
  'setup_token',
  'role',
  'role_assignment',
  'company',
  'department',
  'post',
  'certificate_authority',
  'hub_certificate',
  'log_cursor',
  'number_sequence',
])

/** The file that every row names which names one: kept by whoever walks, so that an answer tells who gets it. */
export const SEEDED_FILE = Buffer.from('seen by who sees its record')
const hash = createHash('sha256').update(SEEDED_FILE).digest('hex')

/** What a table must say so that the row makes sense to who reads it. */
const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  project: { time_zone: 'Asia/Shanghai' },
  metering_point: { medium: 'electricity', role: 'household', unit: 'kWh', parent_id: null },
  meter: { medium: 'electricity', unit: 'kWh', scale: 2, digits: 6, point_id: null },
  charge_item: { medium: 'electricity', unit: 'kWh' },
  tariff: { unit: 'kWh' },
  tariff_version: { rule: JSON.stringify({ kind: 'flat', price: '0.5' }) },
  backup: { state: 'done', slot: null },
  bill_run: { status: 'issued', version_ids: '{}', error: null, issued_by: null },
  bill: { status: 'issued', issued_at: '2026-02-01T00:00:00Z' },
  bill_evidence: { segments: '[]' },
  bill_line: { tier_number: null, band: null, part_method: null },
  device: { medium: 'electricity', state: 'online', commands: '[]', removed_at: null },
  point: { kind: 'register', unit: 'kWh', scale: 2 },
  gateway: { status: null, revoked_at: null },
  gateway_template: { config: JSON.stringify({ buses: [], devices: [] }) },
  command: {
    kind: 'relay',
    body: JSON.stringify({ kind: 'relay', action: 'open' }),
    state: 'awaitingApproval',
    gateway_step: null,
    settled_by: null,
    outcome: null,
    finished_at: null,
  },
  manual_read: { source: 'manual', photo_sha256: hash },
  alarm_event: { severity: 'info', state: 'raised' },
  access_event: { direction: 'in', credential: 'card' },
  vehicle_event: { direction: 'in', plate_color: null, vehicle_type: null, list: null },
  record_import: {
    resource: 'party',
    state: 'done',
    columns: '[]',
    plan: JSON.stringify({ mapping: {}, onExisting: 'refuse', badRows: 'skip' }),
  },
  reminder_rule: { recipients: '[]', steps_days: '{1}' },
  door_event: { state: 'opened' },
  vehicle: { kind: 'car' },
  key_holding: { kind: 'door' },
  handover_batch: { items: '[]' },
  announcement: { audience: 'all', building_id: null },
  portal_family: { sees_bills: true },
  process: {
    ...{ key: 'singleApproval', version: 1, subject_kind: 'request', step: 'approval' },
    ...{ state: 'running', outcome: null },
    snapshot: JSON.stringify({
      status: 'active',
      value: 'approval',
      context: {
        starterId: '00000000-0000-4000-8000-000000000001',
        fields: {},
        round: 1,
        seats: [],
        timedOut: false,
      },
    }),
  },
  command_step: { state: 'queued', outcome: null },
  quarantine_entry: {
    reason: JSON.stringify({ code: 'csv.empty_cell' }),
    state: 'open',
    code: 'ingest.poison',
  },
  attachment: {
    ...{ resource: 'lostItem', field: 'photos', released_at: null },
    ...{ file_hash: hash, small_hash: null, medium_hash: null },
  },
  floor_plan: { file_hash: hash },
  print_picture: { file_hash: hash },
  handover_item: { photo_hash: hash },
  reading_entry: { photo_sha256: hash },
  reading_photo: { sha256: hash },
  webhook: { active: false },
  sign_in: { face: 'staff', phone: null },
  held_account: { detail: JSON.stringify({ code: 'csv.empty_cell' }) },
}

export async function seedEstate(pool: pg.Pool, random: Random): Promise<Estate> {
  const tables = await readTables(pool)
  const order = inOrder(tables)
  const client = await pool.connect()
  const estate = {
    tables,
    projectIds: [] as string[],
    buildings: [] as { id: string; projectId: string }[],
    rows: [] as SeededRow[],
    refused: new Map<string, string>(),
    placeless: new Set([...tables.keys()].filter((name) => !reachesProject(name, tables))),
  }
  try {
    // Rows are made to be looked at, not to be right in every respect
    await client.query(`set session_replication_role = replica`)
    for (let project = 0; project < 3; project++) {
      const projectId = random.uuid()
      estate.projectIds.push(projectId)
      const whole = new Seeder(client, tables, estate.rows, random, { projectId, buildingId: null }, null)
      for (const table of order) await whole.seed(table, table === 'project' ? projectId : random.uuid())
      for (let building = 0; building < 2 + random.below(2); building++) {
        const id = random.uuid()
        estate.buildings.push({ id, projectId })
        const inside = new Seeder(client, tables, estate.rows, random, { projectId, buildingId: id }, whole)
        await inside.seed('building', id)
        for (const table of order) {
          if (table !== 'building' && inside.isInBuildings(table)) await inside.seed(table, random.uuid())
        }
      }
      for (const [table, why] of whole.refused) estate.refused.set(table, why)
    }
  } finally {
    await client.query(`set session_replication_role = default`)
    client.release()
  }
  return estate
}

/** Tables after those that they refer to. */
function inOrder(tables: ReadonlyMap<string, Table>): string[] {
  const order: string[] = []
  const visit = (name: string, above: ReadonlySet<string>): void => {
    if (order.includes(name) || above.has(name) || PLACELESS.has(name) || name.startsWith('_')) return
    for (const { refersTo } of tables.get(name)!.columns)
      if (refersTo) visit(refersTo, new Set([...above, name]))
    order.push(name)
  }
  for (const name of tables.keys()) visit(name, new Set())
  return order
}

/** Makes the rows of one spot; they refer to each other, else to those of the whole project. */
class Seeder {
  private readonly made = new Map<string, Pick<SeededRow, 'id' | 'key'>>()
  private readonly client: pg.PoolClient
  private readonly tables: ReadonlyMap<string, Table>
  private readonly rows: SeededRow[]
  private readonly random: Random
  private readonly spot: Spot
  private readonly outer: Seeder | null
  /** Tables that took no row, and why. */
  readonly refused: Map<string, string>

  constructor(
    client: pg.PoolClient,
    tables: ReadonlyMap<string, Table>,
    rows: SeededRow[],
    random: Random,
    spot: Spot,
    outer: Seeder | null,
  ) {
    this.client = client
    this.tables = tables
    this.rows = rows
    this.random = random
    this.spot = spot
    this.outer = outer
    this.refused = outer?.refused ?? new Map<string, string>()
  }

  /** Whether rows of the table lie in buildings: by a column of theirs, or by what they refer to. */
  isInBuildings(name: string, above: readonly string[] = []): boolean {
    if (inBuildings.has(name)) return true
    if (above.includes(name) || name === 'project' || PLACELESS.has(name)) return false
    const { columns } = this.tables.get(name)!
    return columns.some(({ refersTo }) => refersTo !== null && this.isInBuildings(refersTo, [...above, name]))
  }

  async seed(name: string, id: string): Promise<void> {
    if (this.spot.buildingId === null && name === 'building') return
    const { columns } = this.tables.get(name)!
    // At the project as a whole there is no building, and so nothing that has to lie in one
    if (columns.some((column) => this.dangles(name, column))) return
    const given = columns.flatMap((column): [string, unknown][] => {
      const value = this.valueOf(name, column, id)
      return value === undefined ? [] : [[column.name, value]]
    })
    const names = given.map(([column]) => `"${column}"`).join(', ')
    const places = given.map((_, index) => `$${index + 1}`).join(', ')
    const values = given.map(([, value]) => value)
    const numbered = columns.some(
      (column) => column.name === 'id' && column.hasDefault && column.type !== 'uuid',
    )
    let key: string
    try {
      const { rows } = await this.client.query<{ key: string }>(
        `insert into "${name}" (${names}) values (${places}) returning ${numbered ? 'id::text' : 'null'} as key`,
        values,
      )
      key = rows[0]!.key ?? id
    } catch (error) {
      this.refused.set(name, error instanceof Error ? error.message : String(error))
      return
    }
    this.made.set(name, { id, key })
    if (reachesProject(name, this.tables)) this.rows.push({ table: name, id, key, ...this.spot })
  }

  private valueOf(table: string, column: Column, id: string): unknown {
    const own = VALUES[table]
    if (own && Object.hasOwn(own, column.name)) return own[column.name]
    if (column.name === 'id' && column.type === 'uuid') return id
    if (column.name === 'id' && column.hasDefault) return undefined
    if (column.name === 'project_id') return this.spot.projectId
    if (column.refersTo !== null) return this.reference(column)
    if (column.oneOf.length > 0 && !column.type.startsWith('_')) return column.oneOf[0]
    const isText = column.type === 'text' || column.type === 'varchar'
    if (isText) return `zq${id.slice(0, 8)}`
    if (column.type.startsWith('_')) return '{}'
    if (column.hasDefault || column.nullable) return undefined
    return this.anyOf(column)
  }

  private dangles(table: string, { name, refersTo, nullable, type }: Column): boolean {
    if (refersTo === null || nullable || type !== 'uuid' || refersTo === table || PLACELESS.has(refersTo))
      return false
    if (VALUES[table] && Object.hasOwn(VALUES[table], name)) return false
    return !this.made.has(refersTo) && !this.outer?.made.has(refersTo)
  }

  private reference({ refersTo, nullable, type }: Column): unknown {
    const found = this.made.get(refersTo!) ?? this.outer?.made.get(refersTo!)
    if (found !== undefined) return type === 'uuid' ? found.id : found.key === found.id ? 1 : found.key
    if (nullable) return undefined
    return type === 'uuid' ? this.random.uuid() : 1
  }

  private anyOf({ type }: Column): unknown {
    switch (type) {
      case 'uuid':
        return this.random.uuid()
      case 'bool':
        return false
      case 'date':
        return '2026-01-01'
      case 'timestamptz':
        return '2026-01-01T00:00:00Z'
      case 'jsonb':
      case 'json':
        return '{}'
      case 'bytea':
        return Buffer.from([this.random.below(256), this.random.below(256), this.random.below(256), 1])
      case 'int2':
        return 1 + this.random.below(9)
      default:
        return type.startsWith('_') ? '{}' : 1 + this.random.below(1_000_000)
    }
  }
}

/** Meters lie where they are installed, households and people where they have rooms. */
const inBuildings = new Set(['building', 'meter', 'household', 'party'])
/** Whether the table says, by itself or by what it refers to, in which project a row lies. */
function reachesProject(
  name: string,
  tables: ReadonlyMap<string, Table>,
  above: readonly string[] = [],
): boolean {
  if (name === 'project') return true
  if (above.includes(name) || PLACELESS.has(name)) return false
  return tables
    .get(name)!
    .columns.some(
      (column) =>
        column.name === 'project_id' ||
        (column.refersTo !== null && reachesProject(column.refersTo, tables, [...above, name])),
    )
}
