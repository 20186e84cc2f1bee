/** Where files that belong to records come from: the part of the hub that keeps them plugs itself in here. */
import type pg from 'pg'
import type { AttachmentRef } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../auth/user.ts'
import type { Queryable } from './list.repository.ts'

export interface AttachmentSource {
  /** What there is of these. */
  refs(db: Queryable, ids: readonly string[]): Promise<readonly AttachmentRef[]>
  /**
   * In the transaction that writes the record: these now belong to it.
   * @throws AppError when one of them is not there, or not the person's to give away
   */
  claim(
    tx: pg.ClientBase,
    user: CurrentUser,
    record: { readonly resource: string; readonly id: string; readonly projectId: string | null },
    ids: readonly string[],
  ): Promise<void>
}

let source: AttachmentSource | null = null

export function registerAttachmentSource(added: AttachmentSource): void {
  if (source) throw new Error('attachments have two sources')
  source = added
}

/** Null while nothing keeps files: then attachments can't be written. */
export function attachmentSource(): AttachmentSource | null {
  return source
}

export async function attachmentsOf(
  db: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AttachmentRef>> {
  if (!source || ids.length === 0) return new Map()
  return new Map((await source.refs(db, ids)).map((ref) => [ref.id, ref]))
}
