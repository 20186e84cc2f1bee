/** Rows of the database as records of the contract: values, titles of references, masks. */
import type { AttachmentRef, Reference, ResourceRow } from '@courtyard/protocols/contract'
import { maskIdentityNumber, maskPhone } from '../auth/sensitive.ts'
import type { Viewer } from '../auth/user.ts'
import { attachmentsOf } from './attachment-source.ts'
import { HIDDEN_TITLE } from './cell-text.ts'
import type { Field, FieldValue, Values } from './field.ts'
import { rulesOf } from './kinds.ts'
import type { Queryable, RawRow } from './list.repository.ts'
import { findResource } from './resource.ts'
import type { Shape } from './shape.ts'
import { selectTitles } from './titles.repository.ts'

/** Values of a row as they are stored, not masked; custom fields under their names. */
export function valuesOf(shape: Shape, row: RawRow): Values {
  return Object.fromEntries(shape.fields.map((field, at) => [field.name, rawValue(field, at, row)]))
}

function rawValue(field: Field, at: number, row: RawRow): FieldValue {
  if (field.customKey !== null) return (row.custom[field.customKey] ?? null) as FieldValue
  return rulesOf(field).read(row[`f${at}`]) as FieldValue
}

export function masked(field: Field, value: FieldValue): FieldValue {
  if (Array.isArray(value)) return []
  if (typeof value !== 'string') return value === null ? null : '*'
  return field.kind === 'phone' ? maskPhone(value) : maskIdentityNumber(value)
}

/**
 * Phones are whole for those who may see them. Identity numbers are masked for everybody until one is revealed, which
 * is written down.
 */
export function isHidden(field: Field, seesSensitive: boolean): boolean {
  return field.sensitive && (!seesSensitive || field.kind === 'identityNumber')
}

/** Records as the person may see them; titles of references by one query per resource. */
export async function recordsOf(
  db: Queryable,
  shape: Shape,
  user: Viewer,
  rows: readonly RawRow[],
): Promise<ResourceRow[]> {
  const linked = await linksOf(db, shape, user, rows)
  return rows.map((row) => recordOf(shape, row, linked))
}

export interface Links {
  /** By resource and id. */
  readonly titles: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly attachments: ReadonlyMap<string, AttachmentRef>
}

export async function linksOf(
  db: Queryable,
  shape: Shape,
  user: Viewer,
  rows: readonly RawRow[],
): Promise<Links> {
  const ids = new Map<string, Set<string>>()
  const files = new Set<string>()
  for (const [at, field] of shape.fields.entries()) {
    if (field.kind !== 'reference' && field.kind !== 'attachments') continue
    for (const row of rows) {
      const value = rawValue(field, at, row)
      if (Array.isArray(value)) for (const id of value as string[]) files.add(id)
      else if (typeof value === 'string') idsOf(ids, field.resource!).add(value)
    }
  }
  const titles = new Map<string, ReadonlyMap<string, string>>()
  for (const [name, wanted] of ids) {
    const target = findResource(name)
    if (target) titles.set(name, await selectTitles(db, target, user, [...wanted]))
  }
  return { titles, attachments: await attachmentsOf(db, [...files]) }
}

function idsOf(all: Map<string, Set<string>>, name: string): Set<string> {
  const known = all.get(name) ?? new Set()
  all.set(name, known)
  return known
}

export function titleOf(links: Links, field: Field, id: string): string {
  return links.titles.get(field.resource!)?.get(id) ?? HIDDEN_TITLE
}

function recordOf(shape: Shape, row: RawRow, links: Links): ResourceRow {
  const values: Record<string, unknown> = {}
  const custom: Record<string, unknown> = {}
  const hidden: string[] = []
  for (const [at, field] of shape.fields.entries()) {
    const value = rawValue(field, at, row)
    const isMasked = value !== null && isHidden(field, row.sees_sensitive)
    if (isMasked) hidden.push(field.name)
    if (field.customKey !== null) custom[field.customKey] = value
    else values[field.name] = linkedValue(field, isMasked ? masked(field, value) : value, links)
  }
  return {
    ...values,
    id: row.id,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    ...(shape.resource.inProject ? { projectId: row.project_id } : {}),
    masked: hidden,
    custom,
  }
}

export function linkedValue(field: Field, value: FieldValue, links: Links): unknown {
  if (field.kind === 'reference') {
    return typeof value === 'string'
      ? ({ id: value, title: titleOf(links, field, value) } satisfies Reference)
      : null
  }
  if (field.kind !== 'attachments') return value
  return (value as string[]).flatMap((id) => links.attachments.get(id) ?? [])
}
