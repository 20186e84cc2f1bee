/** Uploading files and looking at them: who may is said by the record that they belong to. */
import type { Readable } from 'node:stream'
import type { AttachmentRef } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { hasPermission, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { allFileTypes, fileTypeOf, fileTypeWords, type FileType } from '../../platform/files/content-type.ts'
import { fileErrors } from '../../platform/files/errors.ts'
import type { ReceivedFile } from '../../platform/files/files.ts'
import type { FileReason } from '../../platform/files/reasons.ts'
import type { Hub } from '../../platform/module.ts'
import { selectByIds } from '../../platform/resource/list.repository.ts'
import { findResource, type Resource } from '../../platform/resource/resource.ts'
import {
  attachmentById,
  insertAttachment,
  waitingOf,
  type AttachmentFile,
  type AttachmentRow,
} from './attachments.repository.ts'
import { fileNameOf } from './domain/file-name.ts'
import { attachmentErrors } from './errors.ts'

export const MOST_ATTACHMENT_BYTES = 25 * 1024 * 1024
/** What one person may have uploaded without saving it in a record. */
const MOST_WAITING_FILES = 200
const MOST_WAITING_BYTES = 500 * 1024 * 1024

const knownExtensions = new Set<string>(allFileTypes.flatMap(({ extensions }) => extensions))

export interface Upload {
  readonly name: string
  readonly stream: Readable
  /** As the request says; null when it does not. */
  readonly announcedBytes: number | null
}

/** @throws AppError `file.refused`, `file.too_large` with the reason; `attachment.too_many_waiting` */
export async function upload(
  hub: Hub,
  user: CurrentUser,
  { name, stream, announcedBytes }: Upload,
  audit: Audit,
): Promise<AttachmentRef> {
  // Before the bytes have come: there is still somebody to tell
  if ((announcedBytes ?? 0) > MOST_ATTACHMENT_BYTES) throw tooLarge()
  await requireRoom(hub, user)
  const received = await hub.files.receive(stream, MOST_ATTACHMENT_BYTES)
  try {
    if (received.sizeBytes === 0) throw refuse({ code: 'file.empty' })
    const type = await fileTypeOf(received.path, name)
    if (!type) throw refuse({ code: 'file.type', types: fileTypeWords })
    const shownName = fileNameOf(name, type.extensions, knownExtensions)
    return await store(hub, user, await keep(hub, received, type, shownName), audit)
  } finally {
    await received.discard()
  }
}

const refuse = (reason: FileReason) => fail(fileErrors.refused, 'The file cannot be used', { reason })
const tooLarge = () => {
  const reason: FileReason = { code: 'file.too_large', most: MOST_ATTACHMENT_BYTES / 1024 / 1024 }
  return fail(fileErrors.tooLarge, 'The file is too large', { reason })
}

async function requireRoom({ db }: Hub, user: CurrentUser): Promise<void> {
  const { files, bytes } = await waitingOf(db.pool, user.id)
  if (files < MOST_WAITING_FILES && bytes < MOST_WAITING_BYTES) return
  throw fail(attachmentErrors.tooManyWaiting, 'Save the files that you have uploaded in a record first')
}

/** @throws AppError `attachment.nothing_to_attach` to whom no record would take a file from */
export function requireAttacher(user: CurrentUser, resources: readonly Resource[]): void {
  const mayAttach = resources.some(
    ({ fields, permissions }) =>
      hasPermission(user, permissions.write) && fields.some(({ kind }) => kind === 'attachments'),
  )
  if (!mayAttach) throw fail(attachmentErrors.nothingToAttach, 'You may change no record that has files')
}

async function keep(
  hub: Hub,
  received: ReceivedFile,
  { isPicture, mediaType }: FileType,
  name: string,
): Promise<AttachmentFile> {
  if (isPicture) {
    const { hash, sizeBytes, smallHash, mediumHash } = await hub.files.keepPictures(received, mediaType)
    return { name, mediaType, sizeBytes, fileHash: hash, smallHash, mediumHash }
  }
  const fileHash = await hub.files.keep(received)
  return { name, mediaType, sizeBytes: received.sizeBytes, fileHash, smallHash: null, mediumHash: null }
}

async function store(
  hub: Hub,
  user: CurrentUser,
  file: AttachmentFile,
  audit: Audit,
): Promise<AttachmentRef> {
  const { name, mediaType, sizeBytes, fileHash: fileSha256, smallHash } = file
  const id = await hub.db.transaction(async (client) => {
    const made = await insertAttachment(client, file, { by: user.id, at: hub.clock.now() })
    await audit(client, {
      action: 'attachment.upload',
      entity: 'attachment',
      entityId: made,
      after: { name, mediaType, sizeBytes, fileSha256 },
    })
    return made
  })
  return { id, name, mediaType, sizeBytes, isImage: smallHash !== null }
}

export interface AttachmentContent {
  readonly name: string
  readonly mediaType: string
  readonly hash: string
  readonly isImage: boolean
}

/** @throws AppError `attachment.not_found` also for what the person may not see */
export async function contentFor(
  hub: Hub,
  user: CurrentUser,
  id: string,
  size: 'small' | 'medium' | undefined,
): Promise<AttachmentContent> {
  const row = await attachmentById(hub.db.pool, id)
  if (!row || !(await mayRead(hub, user, row))) throw gone()
  const { name, mediaType, fileHash, smallHash, mediumHash } = row
  const isImage = smallHash !== null
  const smaller = size === 'small' ? smallHash : size === 'medium' ? mediumHash : null
  if (smaller) return { name, mediaType: 'image/webp', hash: smaller, isImage }
  return { name, mediaType, hash: fileHash, isImage }
}

export const gone = () => fail(attachmentErrors.notFound, 'There is no such file')

async function mayRead({ db }: Hub, user: CurrentUser, row: AttachmentRow): Promise<boolean> {
  if (row.recordId === null || row.resource === null) return row.uploadedBy === user.id
  if (row.releasedAt !== null) return false
  const resource = findResource(row.resource)
  if (!resource) return false
  const { read, write } = resource.permissions
  const permission = hasPermission(user, read) ? read : write
  const fields = resource.fields.filter(({ name }) => name === row.field)
  const shape = { resource, fields, choosable: new Map<string, ReadonlySet<string>>() }
  const [record] = await selectByIds(db.pool, shape, user, [row.recordId], { permission })
  if (!record) return false
  return record.sees_sensitive || !fields.some(({ sensitive }) => sensitive)
}
