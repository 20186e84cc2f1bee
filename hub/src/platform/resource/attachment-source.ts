/** Where files that belong to records come from: the part of the hub that keeps them plugs itself in here. */
import type pg from 'pg'
import type { AttachmentRef } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../auth/user.ts'
import type { Queryable } from './list.repository.ts'

/** The field of a record that names files. */
export interface AttachmentPlace {
  readonly resource: string
  readonly recordId: string
  readonly projectId: string | null
  readonly field: string
}

export interface AttachmentSource {
  readonly limits: { readonly mostBytes: number; readonly accept: string }
  /** What there is of these. */
  refs(db: Queryable, ids: readonly string[]): Promise<readonly AttachmentRef[]>
  /**
   * In the transaction that writes the record: these now belong to it.
   * @throws AppError when one of them is not there, or not the person's to give away
   */
  claim(tx: pg.ClientBase, user: CurrentUser, place: AttachmentPlace, ids: readonly string[]): Promise<void>
  /** In the transaction that writes the record: it names these no more. */
  release(tx: pg.ClientBase, place: AttachmentPlace, ids: readonly string[]): Promise<void>
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
