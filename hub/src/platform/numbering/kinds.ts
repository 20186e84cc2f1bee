/** What is numbered: declared by modules when they are loaded. */
import { faultsOfPattern, type NumberReset } from '@courtyard/protocols/numbering'
import { fail } from '../errors.ts'
import type { Texts } from '../reasons/reason.ts'
import { numberingErrors } from './errors.ts'
import './reasons.ts'

export interface NumberKind {
  /** camelCase, singular: `bill`. */
  readonly key: string
  readonly label: Texts
  /** Until a project says otherwise. */
  readonly pattern: string
  readonly reset: NumberReset
  /**
   * True: taken in the transaction of the document, so that none is ever left out; others wait until that ends. False:
   * taken at once on a connection of its own; nobody waits, and what is rolled back leaves a gap.
   */
  readonly gapFree: boolean
  /** Where given numbers stand, so that none is given twice after a change of the pattern. */
  readonly table: string
  /** People may type numbers of their own: every number is looked up before it is given. */
  readonly typed?: boolean
}

const kinds = new Map<string, NumberKind>()

/** @throws when the key is taken or the pattern is wrong: mistakes of the programmer */
export function registerNumberKind(kind: NumberKind): NumberKind {
  if (kinds.has(kind.key)) throw new Error(`numbers of ${kind.key} are registered twice`)
  const faults = faultsOfPattern(kind.pattern, kind.reset)
  if (faults.length > 0)
    throw new Error(`numbers of ${kind.key}: ${faults.map(({ code }) => code).join(', ')}`)
  if (!/^\w+$/.test(kind.table)) throw new Error(`numbers of ${kind.key} stand in no table`)
  kinds.set(kind.key, kind)
  return kind
}

export const numberKinds = (): NumberKind[] => [...kinds.values()]

/** @throws AppError `numbering.unknown_kind` */
export function numberKind(key: string): NumberKind {
  const kind = kinds.get(key)
  if (!kind) throw fail(numberingErrors.kindNotFound, 'Nothing of that kind is numbered', { kind: key })
  return kind
}
