/** Tells other systems of changes of records, whoever made them: the kit, or a module by its own statements. */
import { emitEvents, recordEventType } from '../webhooks/index.ts'
import type { WorkflowClient } from '../workflow/client.ts'
import type { ChangeKind, Resource } from './resource.ts'

export interface RecordNews {
  readonly kind: ChangeKind
  readonly id: string
  readonly projectId: string | null
  /** As in the audit trail: `edit`, `archive`, `claim`. */
  readonly action: string
  /** Names of the fields that changed. */
  readonly fields: readonly string[]
}

/**
 * In the transaction of the change. Others learn which record and which fields, and ask for the values by their own
 * rights.
 */
export function emitRecordEvents(
  client: WorkflowClient,
  at: Date,
  resource: Pick<Resource, 'name' | 'path'>,
  changes: readonly RecordNews[],
): Promise<void> {
  const types = [...new Set(changes.map(({ kind }) => recordEventType(resource, kind)))]
  return emitEvents(client, at, types, () =>
    changes.map(({ kind, id, projectId, action, fields }) => ({
      type: recordEventType(resource, kind),
      projectId,
      data: { resource: resource.name, id, action, path: `/api/${resource.path}/${id}`, fields },
    })),
  )
}
