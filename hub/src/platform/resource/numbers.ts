/** Fields with `numbering`: what was left empty gets the next number of the record's project. */
import type pg from 'pg'
import { takeNumbersFor } from '../numbering/index.ts'
import type { NewRecord } from './change.service.ts'
import type { RecordContext } from './context.ts'
import type { Shape } from './shape.ts'

/** Many at once, so that a counter is asked once per project and not once per record. */
export async function withNumbers(
  tx: pg.ClientBase,
  { hub }: RecordContext,
  { fields }: Shape,
  records: readonly NewRecord[],
): Promise<readonly NewRecord[]> {
  let numbered = records
  for (const { name, numbering: kind } of fields) {
    if (kind === undefined) continue
    const given = new Map<NewRecord, string>()
    const empty = numbered.filter(
      ({ projectId, after }) => projectId !== null && (after[name] ?? null) === null,
    )
    for (const [projectId, some] of Map.groupBy(empty, (record) => record.projectId!)) {
      const wanted = { kind, projectId, at: hub.clock.now() }
      const numbers = await takeNumbersFor(tx, hub.db.url, wanted, some.length)
      for (const [at, record] of some.entries()) given.set(record, numbers[at]!)
    }
    numbered = numbered.map((record) =>
      given.has(record) ? { ...record, after: { ...record.after, [name]: given.get(record)! } } : record,
    )
  }
  return numbered
}
