import type { ProcessField, ProcessFields } from '@courtyard/protocols/contract'
import type { WorkflowReason } from '../reasons.ts'

/** Whether a text is a value of the field; what a guard compares with. */
export function isFieldText({ kind, scale, options }: ProcessField, text: string): boolean {
  switch (kind) {
    case 'decimal':
      return isDecimal(text, scale ?? 9)
    case 'integer':
      return /^-?\d{1,15}$/.test(text)
    case 'boolean':
      return text === 'true' || text === 'false'
    case 'choice':
      return options.some(({ value }) => value === text)
    case 'day':
      return isDay(text)
    case 'text':
    case 'longText':
      return text !== '' && isStorable(text)
  }
}

function isDecimal(text: string, scale: number): boolean {
  const match = /^-?\d{1,15}(?:\.(\d+))?$/.exec(text)
  return match !== null && (match[1] ?? '').length <= scale
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** PostgreSQL keeps no NUL and no half of a character pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

export interface FieldFault {
  readonly field: string
  readonly reason: WorkflowReason
}

/**
 * What is wrong with values that are to be stored.
 * @param open names of the fields that may be given; null: all
 */
export function checkFields(
  values: ProcessFields,
  fields: readonly ProcessField[],
  open: readonly string[] | null,
): FieldFault[] {
  const known = new Map(fields.map((field) => [field.name, field]))
  const faults: FieldFault[] = []
  const add = (field: string, reason: WorkflowReason) => faults.push({ field, reason })
  for (const [name, value] of Object.entries(values)) {
    const field = known.get(name)
    if (!field || (open && !open.includes(name))) add(name, { code: 'workflow.field_closed' })
    else if (value !== null && value !== '' && (typeof value === 'boolean') !== (field.kind === 'boolean'))
      add(name, { code: 'workflow.field_value' })
    else if (value !== null && value !== '' && !isFieldText(field, String(value)))
      add(name, { code: 'workflow.field_value' })
  }
  const asked = open ?? [...known.keys()]
  for (const name of asked) {
    const value = values[name]
    const empty = value === undefined || value === null || value === ''
    if (known.get(name)?.required && empty) add(name, { code: 'workflow.field_missing' })
  }
  return faults
}
