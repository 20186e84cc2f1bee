/** The audit trail of one record, its fields as a person reads them. */
import type { HistoryPage } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { fail } from '../errors.ts'
import type { RecordContext } from './context.ts'
import { recordErrors } from './errors.ts'
import { selectHistory, type HistoryRow } from './history.repository.ts'
import { selectByIds, type Queryable } from './list.repository.ts'
import { findResource, type Resource } from './resource.ts'
import { HIDDEN_TITLE } from './cell-text.ts'
import { shapeOf, type Shape } from './shape.ts'
import { selectTitles } from './titles.repository.ts'

const PAGE = 50

/** @throws AppError `record.not_found` */
export async function historyOf(
  context: RecordContext,
  resource: Resource,
  id: string,
  cursor: string | undefined,
): Promise<z.infer<typeof HistoryPage>> {
  const { pool } = context.hub.db
  const shape = await shapeOf(pool, resource, null)
  const [record] = await selectByIds(pool, shape, context.user, [id])
  if (!record) throw fail(recordErrors.notFound, 'There is no such record', { id })
  const before = cursor !== undefined && /^\d{1,18}$/.test(cursor) ? cursor : null
  const rows = await selectHistory(pool, resource.name, id, before, PAGE + 1)
  const shown = rows.slice(0, PAGE)
  const titles = await titlesOf(pool, shape, context, shown)
  const items = shown.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: withoutName(row.action, resource),
    changes: changesOf(shape, row, titles),
  }))
  return { items, next: rows.length > PAGE ? shown.at(-1)!.id : null }
}

/** Its own verbs are short; what others did with it (`partyRole.begin`) keeps whose verb it is. */
function withoutName(action: string, { name }: Resource): string {
  return action.startsWith(`${name}.`) ? action.slice(name.length + 1) : action
}

type Titles = ReadonlyMap<string, ReadonlyMap<string, string>>

function changesOf(shape: Shape, row: HistoryRow, titles: Titles) {
  const names = new Set([...Object.keys(row.before ?? {}), ...Object.keys(row.after ?? {})])
  return shape.fields
    .filter(({ name }) => names.has(name))
    .map((field) => {
      const value = (values: HistoryRow['after']) => {
        const one = values?.[field.name] ?? null
        if (field.kind !== 'reference' || typeof one !== 'string') return one
        return { id: one, title: titles.get(field.resource!)?.get(one) ?? HIDDEN_TITLE }
      }
      return { field: field.name, before: value(row.before), after: value(row.after) }
    })
    .filter(({ before, after }) => before !== null || after !== null)
}

async function titlesOf(
  db: Queryable,
  shape: Shape,
  { user }: RecordContext,
  rows: readonly HistoryRow[],
): Promise<Titles> {
  const titles = new Map<string, ReadonlyMap<string, string>>()
  const references = shape.fields.filter(({ kind }) => kind === 'reference')
  for (const name of new Set(references.map(({ resource }) => resource!))) {
    const fields = references.filter((field) => field.resource === name)
    const ids = rows.flatMap(({ before, after }) =>
      fields.flatMap((field) => [before?.[field.name], after?.[field.name]]),
    )
    const wanted = [...new Set(ids.filter((id): id is string => typeof id === 'string'))]
    const target = findResource(name)
    if (target && wanted.length > 0) titles.set(name, await selectTitles(db, target, user, wanted))
  }
  return titles
}
