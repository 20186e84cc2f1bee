/** Indexes that follow from a declaration; `npm run migration` writes them, so that no list is slow by oversight. */
import { searchHay } from './conditions.ts'
import { fieldNamed, type Resource } from './resource.ts'
import { projectColumn } from './write.repository.ts'

/** SQL of the indexes of a resource: search, the default order, fields marked `index`. */
export function indexSqlOf(resource: Resource): string {
  const { table, fields } = resource
  const sorted = new Set([
    resource.defaultSort.replace(/^-/, ''),
    ...fields.flatMap((one) => (one.index ? [one.name] : [])),
  ])
  const project = projectColumn(resource)
  const lines = [...sorted].flatMap((name) => {
    const { column } = fieldNamed(resource, name)
    if (column === undefined) return []
    const columns = [...(project ? [project] : []), column, 'id'].map((one) => `"${one}"`)
    return [`CREATE INDEX "${table}_by_${column}_idx" ON "${table}" (${columns.join(', ')});`]
  })
  const hay = searchHay(fields, '')
  if (hay !== null)
    lines.push(`CREATE INDEX "${table}_search_idx" ON "${table}" USING gin (search_grams(${hay}));`)
  return lines.map((line) => `${line}\n`).join('')
}
