import type { FieldMeta, ResourceRow } from '@courtyard/protocols/contract'
import { valueOf } from './fields.ts'

export interface Difference {
  readonly field: FieldMeta
  readonly base: unknown
  readonly theirs: unknown
  /** Changed by both: a person has to say which. */
  readonly clash: boolean
  /** Changed in the form. */
  readonly mine: boolean
}

/**
 * Where a form and the record as it is now part, field by field, seen from the record that both began with.
 * `changed` are the names of the fields changed in the form.
 */
export function differencesOf(
  fields: readonly FieldMeta[],
  base: ResourceRow,
  theirs: ResourceRow,
  changed: ReadonlySet<string>,
): Difference[] {
  return fields.flatMap((field) => {
    const [before, now] = [valueOf(base, field.name), valueOf(theirs, field.name)]
    const theirsChanged = JSON.stringify(before ?? null) !== JSON.stringify(now ?? null)
    const mine = changed.has(field.name)
    if (!mine && !theirsChanged) return []
    return [{ field, base: before, theirs: now, clash: mine && theirsChanged, mine }]
  })
}
