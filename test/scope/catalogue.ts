/** What tables there are, read from the database: a new table is filled and checked without a word here. */
import type pg from 'pg'

export interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  /** Table that it points to, by its foreign key or else by its name. */
  readonly refersTo: string | null
  /** Of an enumeration or a check: values that it may have. */
  readonly oneOf: readonly string[]
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
}

const COLUMNS = `select c.table_name as "table", c.column_name as name, c.udt_name as type,
    c.is_nullable = 'YES' as nullable, c.column_default is not null or c.is_identity = 'YES' or c.is_generated = 'ALWAYS'
      as "hasDefault",
    (select ccu.relname from pg_constraint k join pg_class ccu on ccu.oid = k.confrelid
     where k.contype = 'f' and k.conrelid = format('public.%I', c.table_name)::regclass and cardinality(k.conkey) = 1
       and k.conkey[1] = c.ordinal_position limit 1) as "foreign",
    array(select e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid
      where t.typname = c.udt_name order by e.enumsortorder)::text[] as labels,
    (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
     where k.contype = 'c' and k.conrelid = format('public.%I', c.table_name)::regclass) as checks
  from information_schema.columns c join information_schema.tables t on t.table_schema = c.table_schema
    and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
  where c.table_schema = 'public' order by c.table_name, c.ordinal_position`

interface Row {
  table: string
  name: string
  type: string
  nullable: boolean
  hasDefault: boolean
  foreign: string | null
  labels: string[]
  checks: string | null
}

export async function readTables(pool: pg.Pool): Promise<ReadonlyMap<string, Table>> {
  const { rows } = await pool.query<Row>(COLUMNS)
  const names = new Set(rows.map(({ table }) => table))
  const tables = Map.groupBy(rows, ({ table }) => table)
  return new Map(
    [...tables].map(([name, columns]) => [
      name,
      { name, columns: columns.map((row) => columnOf(row, names)) },
    ]),
  )
}

/** References that neither a foreign key nor the name of the column tells. */
const REFERENCES: Readonly<Record<string, string>> = {
  'attachment.record_id': 'lost_item',
  'bill.run_id': 'bill_run',
  'bill.item_id': 'charge_item',
  'bill_run.item_id': 'charge_item',
  'charge_assignment.item_id': 'charge_item',
  'held_account.run_id': 'bill_run',
  'fit_out_permit.applicant_id': 'party',
}

function columnOf({ name, type, nullable, hasDefault, ...row }: Row, tables: ReadonlySet<string>): Column {
  const byName = name.endsWith('_id') ? name.slice(0, -3) : null
  const list = new RegExp(`\\b${name} = ANY \\(+ARRAY\\[([^\\]]*)\\]`).exec(row.checks ?? '')?.[1] ?? ''
  const quoted = [...list.matchAll(/'([^']*)'/g)].map((match) => match[1]!)
  return {
    name,
    type,
    nullable,
    hasDefault,
    refersTo:
      REFERENCES[`${row.table}.${name}`] ??
      row.foreign ??
      (byName !== null && tables.has(byName) ? byName : null),
    oneOf: row.labels.length > 0 ? row.labels : quoted,
  }
}
