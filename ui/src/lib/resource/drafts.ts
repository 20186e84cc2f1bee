/** Half-typed forms, kept in this browser. What must not lie about unguarded is left out. */
import type { FieldMeta } from '@courtyard/protocols/contract'
import type { Inputs } from './form-values.ts'

export interface Draft {
  readonly at: string
  /** Version of the record that the draft changes; null for a new one. */
  readonly version: number | null
  readonly inputs: Inputs
}

const PREFIX = 'courtyard.draft.'
const KEPT_MS = 7 * 86_400_000
const guarded: ReadonlySet<FieldMeta['kind']> = new Set(['phone', 'identityNumber', 'attachments'])

export function keepDraft(
  key: string,
  fields: readonly FieldMeta[],
  inputs: Inputs,
  version: number | null,
): void {
  const kept = Object.fromEntries(
    fields.filter(({ kind }) => !guarded.has(kind)).map(({ name }) => [name, inputs[name] ?? null]),
  )
  const draft: Draft = { at: new Date().toISOString(), version, inputs: kept }
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(draft))
  } catch {
    // A full or forbidden store costs the draft, not the form.
  }
}

/** A draft of the last week, with the fields that the form still has. */
export function readDraft(key: string, fields: readonly FieldMeta[]): Draft | null {
  const text = localStorage.getItem(PREFIX + key)
  if (text === null) return null
  try {
    const draft = JSON.parse(text) as Draft
    if (Date.now() - Date.parse(draft.at) > KEPT_MS) return null
    const known = Object.entries(draft.inputs).filter(([name]) => fields.some((field) => field.name === name))
    return { ...draft, inputs: Object.fromEntries(known) }
  } catch {
    return null
  }
}

export function forgetDraft(key: string): void {
  localStorage.removeItem(PREFIX + key)
}

/** All drafts of this browser: whoever signs in next must not find them. */
export function forgetAllDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}
