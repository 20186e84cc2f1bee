/** Declarations, tables and indexes say the same: nobody finds out on a page that a column is missing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modules } from '../../modules/index.ts'
import { allResources } from '../../../scripts/all-resources.ts'
import { openTestDatabase } from '../testing-database.ts'
import { isPermission } from '../auth/permissions.ts'
import { gramsOf, searchHay, searchable } from './conditions.ts'
import { builtInDictionaries } from './dictionary.ts'
import { rulesOf } from './kinds.ts'
import { columnsSql } from './list.repository.ts'
import { findResource, type Resource } from './resource.ts'
import { titleSql } from './titles.repository.ts'
import { maskedSql, maskPhone } from '../auth/mask.ts'
import { projectColumn } from './write.repository.ts'

let database: Awaited<ReturnType<typeof openTestDatabase>>
let declared: Resource[]
beforeAll(async () => {
  database = await openTestDatabase()
  declared = await allResources()
})
afterAll(() => database.close())

test('every declared resource runs in a module, and the other way round', () => {
  const running = modules.flatMap(({ resources }) => resources ?? [])
  expect(running.map(({ name }) => name).sort()).toEqual(declared.map(({ name }) => name))
  expect(new Set(running.map(({ path }) => path)).size).toBe(running.length)
})

test('what declarations name is there: permissions, resources, dictionaries, both languages', () => {
  const dictionaries = new Set(builtInDictionaries().map(({ code }) => code))
  for (const { name, fields, permissions, label, actions } of declared) {
    for (const permission of Object.values(permissions))
      expect(isPermission(permission), permission).toBe(true)
    const labels = [
      label,
      ...fields.map((field) => field.label),
      ...Object.values(actions ?? {}).map((one) => one.label),
    ]
    for (const { zh, en } of labels)
      expect(
        [zh, en].every((text) => text.trim() !== ''),
        name,
      ).toBe(true)
    for (const { resource, dictionary } of fields) {
      if (resource) expect(findResource(resource), `${name} → ${resource}`).toBeDefined()
      if (dictionary) expect(dictionaries, `${name} → ${dictionary}`).toContain(dictionary)
    }
  }
})

const standard = [
  'id',
  'version',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
  'archived_at',
  'custom',
]
const typeNames: Record<string, string[]> = {
  text: ['text'],
  bigint: ['integer', 'bigint', 'smallint'],
  numeric: ['numeric'],
  boolean: ['boolean'],
  date: ['date'],
  timestamptz: ['timestamp with time zone'],
  uuid: ['uuid'],
  'uuid[]': ['ARRAY'],
}

test('tables have the columns that are declared, of their types; expressions can be evaluated', async () => {
  for (const resource of declared) {
    const { table, fields, name } = resource
    const { rows } = await database.db.pool.query<{ column: string; type: string; nullable: boolean }>(
      `SELECT column_name AS column, data_type AS type, is_nullable = 'YES' AS nullable
       FROM information_schema.columns WHERE table_name = $1`,
      [table],
    )
    const columns = new Map(rows.map((row) => [row.column, row]))
    const project = projectColumn(resource)
    for (const column of [...standard, ...(project ? [project] : [])])
      expect([...columns.keys()], name).toContain(column)
    for (const field of fields.filter(({ column }) => column !== undefined)) {
      const { column } = field
      const found = columns.get(column!)
      expect(found, `${name}.${field.name}`).toBeDefined()
      if (!field.columnType)
        expect(typeNames[rulesOf(field).sqlType], `${name}.${field.name}`).toContain(found!.type)
      // A needed column that nobody has to fill in would fail at the table, without a word that helps
      const isFilled =
        field.required || field.default !== undefined || field.kind === 'attachments' || field.readOnly
      const byModule =
        field.numbering !== undefined ||
        resource.routes?.create === false ||
        resource.hooks?.beforeSave !== undefined ||
        resource.hooks?.prepare !== undefined
      if (!found!.nullable) expect(isFilled || byModule, `${name}.${field.name}`).toBe(true)
    }
    const shape = { resource, fields, choosable: new Map() }
    const sql = `SELECT ${columnsSql(shape, 'true')}, ${titleSql(resource)} FROM "${table}" r LIMIT 1`
    await database.db.pool.query(sql)
  }
})

test('a number is masked in SQL as it is elsewhere', async () => {
  const numbers = [
    '',
    '1',
    '12',
    '110',
    '123456789',
    '1234567890',
    '13800001234',
    '110101199003078888',
    '张伟的一二三四五六七八',
  ]
  const { rows } = await database.db.pool.query<{ shown: string }>(
    `SELECT ${maskedSql('n')} AS shown FROM unnest($1::text[]) WITH ORDINALITY AS given (n, at) ORDER BY at`,
    [numbers],
  )
  expect(rows.map(({ shown }) => shown)).toEqual(numbers.map(maskPhone))
})

test('words are cut as the database cuts texts: whatever a text holds is found by any part of it', async () => {
  const { rows } = await database.db.pool.query<{ grams: string[] }>('SELECT search_grams($1) AS grams', [
    '张伟 ＡＢ-12',
  ])
  const grams = new Set(rows[0]!.grams)
  for (const word of ['张', '张伟', '伟 a', 'Ab', 'b-12', 'ＡＢ-1', '张伟 ab-12'])
    for (const gram of gramsOf(searchable(word))) expect(grams, word).toContain(gram)
  expect(grams).not.toContain('ba')
  expect(gramsOf('平安小区').every((gram) => [...gram].length === 3)).toBe(true)
})

test('a search asks the index that the declaration made', async () => {
  const client = await database.db.pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SET LOCAL enable_seqscan = off')
    for (const { table, fields } of declared) {
      const columns = fields.flatMap(({ search, column }) => (search && column ? [column] : []))
      if (columns.length === 0) continue
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT FROM "${table}" r WHERE search_grams(${searchHay(fields, 'r.')!}) @> ARRAY['龘']`,
      )
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(`${table}_search_idx`)
    }
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})
