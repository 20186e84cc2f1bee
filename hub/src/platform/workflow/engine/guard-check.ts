import type { Comparison, Guard, ProcessField } from '@courtyard/protocols/contract'
import type { WorkflowReason } from '../reasons.ts'
import { operatorsOf } from './guard.ts'
import { isFieldText } from './field-values.ts'

/** Comparisons that could never be made: unknown fields, operators and values that the field does not have. */
export function checkGuard(guard: Guard, fields: readonly ProcessField[]): WorkflowReason[] {
  return guard.anyOf.flatMap(({ allOf }) => allOf.flatMap((one) => checkComparison(one, fields)))
}

function checkComparison(
  { field: name, is, values }: Comparison,
  fields: readonly ProcessField[],
): WorkflowReason[] {
  const field = fields.find((one) => one.name === name)
  if (!field) return [{ code: 'workflow.unknown_field', field: name }]
  if (!operatorsOf(field.kind).includes(is))
    return [{ code: 'workflow.operator', field: field.label, operator: is }]
  const used = is === 'in' || is === 'notIn' ? values : values.slice(0, 1)
  return used
    .filter((value) => !isFieldText(field, value))
    .map((value) => ({ code: 'workflow.value', field: field.label, value }))
}
