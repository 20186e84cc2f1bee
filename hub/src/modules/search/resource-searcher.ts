import { queryOf, selectPage, sortingOf, type RawRow } from '../../platform/resource/list.repository.ts'
import type { Resource } from '../../platform/resource/resource.ts'
import { isHidden } from '../../platform/resource/rows.ts'
import { shapeOf, type Shape } from '../../platform/resource/shape.ts'
import { selectTitles } from '../../platform/resource/titles.repository.ts'
import type { Searcher } from '../../platform/search/search.ts'

/** Finds records of a resource by its searchable fields; null for one that has none or lies in no project. */
export function resourceSearcher(resource: Resource): Searcher | null {
  if (!resource.inProject || !resource.fields.some(({ search }) => search)) return null
  return {
    kind: resource.name,
    label: resource.label,
    permission: resource.permissions.read,
    async search(hub, user, { projectId, q, limit }) {
      const { pool } = hub.db
      const shape = await shapeOf(pool, resource, projectId)
      const query = queryOf(shape, user, { projectId, q })
      const { rows } = await selectPage(pool, query, sortingOf(shape, undefined), { limit })
      const titles = await selectTitles(
        pool,
        resource,
        user,
        rows.map(({ id }) => id),
      )
      return rows.map((row) => ({
        id: row.id,
        title: titles.get(row.id) ?? '',
        note: noteOf(shape, row, titles.get(row.id) ?? ''),
        href: `${resource.page}/${row.id}`,
      }))
    },
  }
}

/** Searchable texts beside the title, so that one sees why a record was found; masked fields are left out. */
function noteOf(shape: Shape, row: RawRow, title: string): string {
  return shape.fields
    .map((field, at) => ({ field, value: row[`f${at}`] }))
    .filter(({ field }) => field.search && field.kind === 'text')
    .filter(({ field }) => !isHidden(field, row.sees_sensitive))
    .flatMap(({ value }) =>
      typeof value === 'string' && value !== '' && !title.includes(value) ? [value] : [],
    )
    .slice(0, 3)
    .join(' · ')
}
