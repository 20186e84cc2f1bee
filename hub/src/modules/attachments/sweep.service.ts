/** Removes uploads that no record has named for a day, and files that were taken off a record a day ago. */
import { auditAsSystem } from '../../platform/audit/audit.ts'
import type { Hub } from '../../platform/module.ts'
import { findResource } from '../../platform/resource/resource.ts'
import { deleteOutdated, releaseOfGoneRecords, resourcesWithAttachments } from './attachments.repository.ts'

const KEPT_MS = 24 * 3_600_000
const CHUNK = 200

const audit = auditAsSystem('jobs.attachments')

/** Records that are put away keep their files: they can be brought back. */
export async function sweepAttachments(hub: Hub, signal: AbortSignal): Promise<void> {
  for (const name of await resourcesWithAttachments(hub.db.pool)) {
    const resource = findResource(name)
    if (resource) await releaseOfGoneRecords(hub.db.pool, resource)
  }
  const before = new Date(hub.clock.now().getTime() - KEPT_MS)
  while (!signal.aborted && (await removeChunk(hub, before)) === CHUNK);
  await hub.files.sweep(signal)
}

async function removeChunk({ db, files }: Hub, before: Date): Promise<number> {
  return db.transaction(async (client) => {
    const removed = await deleteOutdated(client, before, CHUNK)
    for (const { id, projectId, name, mediaType, sizeBytes, fileHash: fileSha256, ...row } of removed) {
      const { resource, recordId } = row
      await audit(client, {
        action: 'attachment.remove',
        entity: 'attachment',
        entityId: id,
        projectId,
        before: { name, mediaType, sizeBytes, fileSha256, resource, recordId },
      })
    }
    const hashes = removed.flatMap(({ fileHash, smallHash, mediumHash }) => [fileHash, smallHash, mediumHash])
    await files.letGo(client, hashes)
    return removed.length
  })
}
