import type { PrintKind } from '@courtyard/protocols/contract'
import { createContext } from 'svelte'
import { label } from '#lib/format/index.svelte.ts'
import { FieldNames } from './field-names.ts'

/** Names of the fields that texts of a kind can say; `list`: in a row of that table. */
export type NamesIn = (list: string) => FieldNames
export const [fieldNames, provideFieldNames] = createContext<NamesIn>()

export function namesOf({ fields, lists }: PrintKind): NamesIn {
  const made = new Map<string, FieldNames>()
  return (list) => {
    const known = made.get(list)
    if (known) return known
    const rows = lists.find(({ name }) => name === list)?.fields ?? []
    const names = new FieldNames(
      [...rows, ...fields].map((one) => ({ name: one.name, label: label(one.label) })),
    )
    made.set(list, names)
    return names
  }
}
