/** Whether what records point to may be pointed to: references, entries of dictionaries. Set-based. */
import type { CurrentUser } from '../auth/user.ts'
import type { Values } from './field.ts'
import type { Queryable } from './list.repository.ts'
import type { RecordReason } from './reasons.ts'
import { resourceNamed, type Fault } from './resource.ts'
import type { Shape } from './shape.ts'
import { selectTargets, type ReferenceTarget } from './titles.repository.ts'

export interface Linking {
  readonly projectId: string | null
  readonly after: Values
  /** Fields whose value is new. */
  readonly changed: readonly string[]
}

/** Faults per record, in the order given. */
export async function checkLinks(
  db: Queryable,
  shape: Shape,
  user: CurrentUser,
  records: readonly Linking[],
): Promise<Fault[][]> {
  const faults: Fault[][] = records.map(() => [])
  for (const field of shape.fields) {
    const entries = shape.choosable.get(field.name)
    const concerned = records.flatMap((record, at) => {
      const value = record.after[field.name]
      return record.changed.includes(field.name) && typeof value === 'string' ? [{ record, at, value }] : []
    })
    if (concerned.length === 0) continue
    if (entries) {
      for (const { at, value } of concerned)
        if (!entries.has(value)) faults[at]!.push(fault(field.name, { code: 'record.not_in_dictionary' }))
    }
    if (field.kind !== 'reference') continue
    const target = resourceNamed(field.resource!)
    const found = await selectTargets(db, target, user, [...new Set(concerned.map(({ value }) => value))])
    for (const { record, at, value } of concerned) {
      const reason = faultOf(found.get(value), target.label, record.projectId, field.anyProject === true)
      if (reason) faults[at]!.push(fault(field.name, reason))
    }
  }
  return faults
}

const fault = (field: string, reason: RecordReason): Fault => ({ field, reason })

function faultOf(
  target: ReferenceTarget | undefined,
  label: { zh: string; en: string },
  projectId: string | null,
  anyProject: boolean,
): RecordReason | null {
  if (!target) return { code: 'record.no_such_reference', label }
  if (target.archived) return { code: 'record.reference_archived', label }
  const elsewhere = target.projectId !== null && projectId !== null && target.projectId !== projectId
  return elsewhere && !anyProject ? { code: 'record.reference_elsewhere', label } : null
}
