/** Kinds of printed documents: declared by modules when they are loaded. */
import type { PrintContent, PrintLanguage, PrintPaper } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../auth/user.ts'
import { fail } from '../errors.ts'
import type { Hub } from '../module.ts'
import type { Texts } from '../reasons/reason.ts'
import { printErrors } from './errors.ts'

/** Texts are said in the language of the document. Days are `2026-11-22`, instants `2026-11-22 08:30`, both local. */
export type PrintValue = string | boolean | Texts
export type PrintRow = Readonly<Record<string, string | boolean>>
/** By field: `bill.number` is `{ bill: { number } }`; lists are rows. */
export type PrintData = Readonly<Record<string, PrintRow | readonly PrintRow[]>>

export interface PrintField {
  /** `bill.number`; of a list only `amount`. */
  readonly name: string
  readonly label: Texts
  readonly example: PrintValue
}

export interface PrintList {
  readonly name: string
  readonly label: Texts
  readonly fields: readonly PrintField[]
  /** Rows of the example; default 2. */
  readonly exampleRows?: number
}

/** A record as it is printed. */
export interface PrintRecord {
  readonly projectId: string
  /** Names the file. */
  readonly title: string
  readonly data: PrintData
}

export interface PrintKindDeclaration {
  /** camelCase, singular: `bill`. */
  readonly key: string
  readonly label: Texts
  readonly fields: readonly PrintField[]
  readonly lists: readonly PrintList[]
  /** As it comes with the program; a paper that is left out is not printed on. */
  readonly builtin: Readonly<Partial<Record<PrintPaper, Readonly<Record<PrintLanguage, PrintContent>>>>>
  /** Records of the project that the person may see, newest first; some dozens. */
  records(
    hub: Hub,
    user: CurrentUser,
    projectId: string,
    words: string | undefined,
  ): Promise<{ id: string; title: string }[]>
  /** Null when there is none that the person may see. */
  load(hub: Hub, user: CurrentUser, id: string, language: PrintLanguage): Promise<PrintRecord | null>
}

const kinds = new Map<string, PrintKindDeclaration>()

/** @throws when the key is taken: a mistake of the programmer */
export function registerPrintKind(kind: PrintKindDeclaration): PrintKindDeclaration {
  if (kinds.has(kind.key)) throw new Error(`printed documents ${kind.key} are registered twice`)
  kinds.set(kind.key, kind)
  return kind
}

export const printKinds = (): PrintKindDeclaration[] => [...kinds.values()]

/** @throws AppError `print.unknown_kind` */
export function printKind(key: string): PrintKindDeclaration {
  const kind = kinds.get(key)
  if (!kind) throw fail(printErrors.kindNotFound, 'Nothing of that kind is printed', { kind: key })
  return kind
}

export const papersOf = (kind: PrintKindDeclaration): PrintPaper[] =>
  (['a4', 'roll80'] as const).filter((paper) => kind.builtin[paper])

/** @throws AppError `print.paper_not_made` */
export function builtinOf(
  kind: PrintKindDeclaration,
  paper: PrintPaper,
  language: PrintLanguage,
): PrintContent {
  const content = kind.builtin[paper]?.[language]
  if (!content) throw fail(printErrors.paperNotMade, 'That is not printed on this paper', { paper })
  return content
}

/** What the preview shows without a record. */
export function exampleData(kind: PrintKindDeclaration, language: PrintLanguage): PrintData {
  const data: Record<string, Record<string, string | boolean> | PrintRow[]> = {}
  for (const { name, example } of kind.fields) {
    const [group = '', member = ''] = name.split('.')
    const row = (data[group] ??= {}) as Record<string, string | boolean>
    row[member] = said(example, language)
  }
  for (const { name, fields, exampleRows = 2 } of kind.lists) {
    const row = Object.fromEntries(fields.map((field) => [field.name, said(field.example, language)]))
    data[name] = Array.from({ length: exampleRows }, () => row)
  }
  return data
}

export const said = (value: PrintValue, language: PrintLanguage): string | boolean =>
  typeof value === 'object' ? value[language] : value
