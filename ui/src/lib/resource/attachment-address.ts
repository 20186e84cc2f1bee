import type { AttachmentRef } from '@courtyard/protocols/contract'

/** Where the browser gets a file from; pictures also in smaller sizes. */
export function attachmentAddress(file: Pick<AttachmentRef, 'id'>, size?: 'small' | 'medium'): string {
  const address = `/api/attachments/${file.id}/content`
  return size ? `${address}?size=${size}` : address
}
