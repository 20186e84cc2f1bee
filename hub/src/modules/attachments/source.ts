/** Where records get their files from. */
import { fail } from '../../platform/errors.ts'
import { allFileTypes } from '../../platform/files/content-type.ts'
import { registerAttachmentSource } from '../../platform/resource/attachment-source.ts'
import { attachmentRefs, claimAttachments, releaseAttachments } from './attachments.repository.ts'
import { MOST_ATTACHMENT_BYTES } from './attachments.service.ts'
import { attachmentErrors } from './errors.ts'

registerAttachmentSource({
  limits: {
    mostBytes: MOST_ATTACHMENT_BYTES,
    accept: allFileTypes
      .flatMap(({ mediaType, extensions }) => [mediaType, ...extensions.map((one) => `.${one}`)])
      .join(','),
  },
  refs: attachmentRefs,
  async claim(tx, user, place, ids) {
    const wanted = [...new Set(ids)]
    const given = await claimAttachments(tx, user.id, place, wanted)
    if (given === wanted.length) return
    throw fail(attachmentErrors.notYours, 'A file is gone, or somebody else has uploaded it')
  },
  release: releaseAttachments,
})
