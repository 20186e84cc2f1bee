/** Requests for every route that the hub has registered, made from its contract. */
import * as z from 'zod'
import { apiRoutes, type RouteContract } from '@courtyard/protocols/contract'
import type { HubApp } from '../../hub/src/platform/module.ts'
import type { Table } from './catalogue.ts'

export interface WalkedRoute {
  readonly key: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Permission that it asks for; null for any session. */
  readonly permission: string | null
  readonly contract: RouteContract
  /** Table whose ids its first parameter takes; null without a parameter. */
  readonly table: string | null
}

/** Words of paths whose table is called otherwise; null where the parameter names no row of a place. */
const PARAMETERS: Readonly<Record<string, string | null>> = {
  users: 'app_user',
  outbox: 'message',
  'message-templates': null,
  'message-channels': null,
  'print-templates': null,
  dictionaries: null,
  'process-definitions': null,
  resources: null,
  tasks: 'process_task',
  generations: 'room_generation',
  views: 'saved_view',
  imports: 'record_import',
  archives: 'telemetry_archive',
  batches: 'reading_batch',
  keys: 'key_holding',
  calls: 'call_log',
  quarantine: 'quarantine_entry',
}

/** Routes that ask for one permission and show by others: there any grant counts that opens the row. */
const SHOWN_BY_OTHERS = new Set(['GET /api/calls/:id/card', 'GET /api/households/:id/panels'])

/** What a path calls a thing, where its table has another name. */
export function tableOf(path: string, tables: ReadonlyMap<string, Table>): string | null {
  const segments = path.split('/').slice(2)
  const at = segments.findIndex((segment) => segment.startsWith(':'))
  if (at < 0) return null
  const word = segments[at - 1] ?? ''
  const singular = word
    .replace(/ies$/, 'y')
    .replace(/(ss|ch|x)es$/, '$1')
    .replace(/([^s])s$/, '$1')
  const name = Object.hasOwn(PARAMETERS, word) ? PARAMETERS[word]! : singular.replaceAll('-', '_')
  if (name === null) return null
  return tables.has(name) ? name : ''
}

/** Those that need a session; public ones show no rows. */
export function walkedRoutes(app: HubApp, tables: ReadonlyMap<string, Table>): WalkedRoute[] {
  const known = app.routeAccess.map(({ routeKey, access }) => ({
    key: routeKey,
    access,
    contract: apiRoutes[routeKey],
  }))
  const made = app.madeRoutes.map(({ routeKey, access, contract }) => ({ key: routeKey, access, contract }))
  return [...known, ...made].flatMap(({ key, access, contract }) => {
    // Owners have sessions of their own: to the staff the portal is closed
    if (access === null || key.includes(' /api/portal/')) return []
    const [method, path] = key.split(' ') as [WalkedRoute['method'], string]
    const permission = access === 'signedIn' || SHOWN_BY_OTHERS.has(key) ? null : access
    return [{ key, method, path, permission, contract, table: tableOf(path, tables) }]
  })
}

/** Query parameters that the schema insists on, and the project wherever one can be named. */
export function queryFor({ contract }: WalkedRoute, projectId: string): Record<string, string> {
  const shape = (contract.query?.shape ?? {}) as Record<string, z.ZodType>
  const query: Record<string, string> = {}
  for (const [name, schema] of Object.entries(shape)) {
    if (name === 'projectId') query[name] = projectId
    else if (!schema.safeParse(undefined).success)
      query[name] = String(sampleOf(jsonSchema(schema), projectId))
  }
  // Spans end after they begin
  if (query['from'] && query['to']) query['to'] = query['to'].replace('-01-01', '-01-02')
  return query
}

/** A body that the schema takes: the least there is, with `id` wherever one is asked for. */
export function bodyFor({ contract }: WalkedRoute, id: string): unknown {
  if (contract.csv) return 'building,room\n1,101\n'
  return contract.body ? sampleOf(jsonSchema(contract.body), id) : undefined
}

type Json = Readonly<Record<string, unknown>>

function jsonSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

/** Texts that patterns of the contract take. */
const TEXTS = [
  'a-1',
  '2026-01',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  '1.5',
  'abc',
  'a.b',
  'A1',
  '13800001234',
  'n1',
  'abcdefghij',
]

function sampleOf(schema: Json, id: string): unknown {
  if ('const' in schema) return schema['const']
  if ('default' in schema) return schema['default']
  const choices = (schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']) as Json[] | undefined
  if (choices) return sampleOf(choices[0]!, id)
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  switch (schema['type']) {
    case 'object':
      return objectOf(schema, id)
    case 'array':
      return Array.from({ length: Number(schema['minItems'] ?? 0) }, () =>
        sampleOf(schema['items'] as Json, id),
      )
    case 'integer':
    case 'number':
      return Math.max(Number(schema['minimum'] ?? 1), 1)
    case 'boolean':
      return false
    case 'string':
      return textOf(schema, id)
    default:
      return null
  }
}

function objectOf(schema: Json, id: string): Record<string, unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Json>
  const required = (schema['required'] ?? []) as string[]
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name]!, id)]))
}

function textOf(schema: Json, id: string): string {
  if (schema['format'] === 'uuid') return id
  const pattern = typeof schema['pattern'] === 'string' ? new RegExp(schema['pattern'], 'u') : null
  const fits = (text: string) =>
    (pattern?.test(text) ?? true) &&
    text.length >= Number(schema['minLength'] ?? 0) &&
    text.length <= Number(schema['maxLength'] ?? Infinity)
  if (schema['format'] === 'date') return '2026-01-01'
  if (schema['format'] === 'date-time') return '2026-01-01T00:00:00Z'
  return TEXTS.find(fits) ?? 'x'.repeat(Number(schema['minLength'] ?? 1))
}
