/** The routes of one resource as contracts: with its own fields, so that OpenAPI tells them. */
import * as z from 'zod'
import {
  AttachmentRef,
  Reference,
  ResourceRow,
  resourcePaths,
  resourceRoutes,
  type RouteContract,
} from '@courtyard/protocols/contract'
import type { Field } from './field.ts'
import { rulesOf } from './kinds.ts'
import type { Resource } from './resource.ts'

export type KitRoute = keyof typeof resourceRoutes

/** `POST /api/lost-items/:id/archive` */
export function routeKeyOf(resource: Resource, name: KitRoute): string {
  const [method, rest] = resourcePaths[name]
  return `${method} /api/${resource.path}${rest}`
}

export function contractOf(resource: Resource, name: KitRoute): RouteContract {
  const contract: RouteContract = resourceRoutes[name]
  const summary = `${resource.label.en}: ${contract.summary[0]!.toLowerCase()}${contract.summary.slice(1)}`
  const row = rowSchema(resource)
  if (name === 'list') return { ...contract, summary, response: listSchema(row) }
  if (name === 'create') return { ...contract, summary, body: writeSchema(resource, 'create'), response: row }
  if (name === 'edit') {
    const body = z.object({ version: z.number().int(), values: writeSchema(resource, 'edit') })
    return { ...contract, summary, body, response: row }
  }
  const answersRow = name === 'detail' || name === 'archive' || name === 'restore'
  return { ...contract, summary, ...(answersRow ? { response: row } : {}) }
}

function listSchema(row: z.ZodType) {
  return z.object({
    items: z.array(row),
    next: z.string().nullable(),
    total: z.number().int(),
    totalIsExact: z.boolean(),
  })
}

function rowSchema({ fields, inProject }: Resource): z.ZodType {
  const members = Object.fromEntries(fields.map((field) => [field.name, shownSchema(field).nullable()]))
  return ResourceRow.extend({ ...members, ...(inProject ? { projectId: z.uuid() } : {}) })
}

/** As it is read: wider than what may be written, since old records and masks have to pass. */
function shownSchema({ kind }: Field): z.ZodType {
  if (kind === 'reference') return Reference
  if (kind === 'attachments') return z.array(AttachmentRef)
  if (kind === 'integer') return z.number()
  return kind === 'boolean' ? z.boolean() : z.string()
}

function writeSchema({ fields, inProject }: Resource, kind: 'create' | 'edit'): z.ZodType {
  const written = fields.filter((field) => !field.readOnly && (kind === 'create' || !field.createOnly))
  const members = Object.fromEntries(
    written.map((field) => {
      const schema = rulesOf(field).written(field)
      return [field.name, kind === 'create' && field.required ? schema : schema.nullable().optional()]
    }),
  )
  return z.object({
    ...(inProject && kind === 'create' ? { projectId: z.uuid() } : {}),
    ...members,
    custom: z.record(z.string(), z.unknown()).optional(),
  })
}
