/** Dictionaries that come with a module; operators add entries and put others out of use. */
import type { Texts } from '../reasons/reason.ts'

export interface DictionaryDeclaration {
  readonly code: string
  readonly label: Texts
  readonly entries: readonly ({ readonly code: string } & Texts)[]
}

const known = new Map<string, DictionaryDeclaration>()

/** Its entries are put into the database at the first start, and never again: operators keep them from then on. */
export function registerDictionary(dictionary: DictionaryDeclaration): void {
  if (known.has(dictionary.code)) throw new Error(`dictionary ${dictionary.code} is registered twice`)
  known.set(dictionary.code, dictionary)
}

export function builtInDictionaries(): readonly DictionaryDeclaration[] {
  return [...known.values()]
}
