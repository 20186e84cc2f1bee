export interface AuditChange {
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value)

/** Fields that differ between before and after, in their order. What is not a record is one field, `value`. */
export function auditChanges(before: unknown, after: unknown): AuditChange[] {
  const old = isRecord(before) ? before : { value: before }
  const now = isRecord(after) ? after : { value: after }
  const fields = [...new Set([...Object.keys(isRecord(before) ? old : {}), ...Object.keys(now)])]
  return fields
    .map((field) => ({ field, before: textOf(old[field]), after: textOf(now[field]) }))
    .filter((change) => change.before !== change.after)
}
