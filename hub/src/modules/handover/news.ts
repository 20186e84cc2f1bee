/** Other systems learn of defects, permits and rooms that a handover or a fit-out changes. */
import { emitRecordEvents, type RecordNews } from '../../platform/resource/record-events.ts'
import { resourceNamed } from '../../platform/resource/resource.ts'

type Client = Parameters<typeof emitRecordEvents>[0]
type News = Omit<RecordNews, 'id' | 'projectId'>

function tellOf(
  client: Client,
  now: Date,
  resource: string,
  projectId: string,
  ids: readonly string[],
  news: News,
): Promise<void> {
  const changes = ids.map((id) => ({ ...news, id, projectId }))
  return emitRecordEvents(client, now, resourceNamed(resource), changes)
}

/** @param news `action` as the audit trail has it */
export function tellOfDefects(
  client: Client,
  now: Date,
  projectId: string,
  ids: readonly string[],
  news: News,
): Promise<void> {
  return tellOf(client, now, 'defect', projectId, ids, news)
}

export function tellOfPermit(
  client: Client,
  now: Date,
  permit: { readonly id: string; readonly projectId: string },
  news: News,
): Promise<void> {
  return tellOf(client, now, 'fitOutPermit', permit.projectId, [permit.id], news)
}

export function tellOfRooms(
  client: Client,
  now: Date,
  projectId: string,
  ids: readonly string[],
  field: 'deliveryState' | 'decorationState',
): Promise<void> {
  return tellOf(client, now, 'room', projectId, ids, { kind: 'edit', action: 'edit', fields: [field] })
}
