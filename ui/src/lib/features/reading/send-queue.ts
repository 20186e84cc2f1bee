/** Sends what waits, in the order in which it was made. No browser state here, so that it can be tested. */
import { ApiError } from '#lib/api/api-error.ts'
import type { ReadingEntryAnswer, ReadingEntryBody } from '@courtyard/protocols/contract'
import type { QueuedEntry } from './phone-store.ts'

export interface QueueKeeper {
  put(entry: QueuedEntry): Promise<void>
  remove(entry: QueuedEntry): Promise<void>
  photo(entryId: string): Promise<Blob | null>
}
export interface HubLine {
  /** @returns the SHA-256 under which the hub knows the photo */
  sendPhoto(photo: Blob): Promise<string>
  sendEntry(entry: ReadingEntryBody): Promise<ReadingEntryAnswer>
}

/** `later`: the hub cannot be reached or is busy; what is left waits. */
export type SendResult = 'done' | 'later' | 'signedOut'

/**
 * One after the other. What the hub refuses for good stays with its reason and does not hold up the next one; what it
 * may take later ends the round.
 */
export async function sendWaiting(
  entries: readonly QueuedEntry[],
  keeper: QueueKeeper,
  hub: HubLine,
  textOf: (error: ApiError) => string,
): Promise<SendResult> {
  for (const queued of entries) {
    if (queued.state !== 'waiting') continue
    try {
      const answer = await sendOne(queued, keeper, hub)
      if (answer.outcome === 'setAside') {
        await keeper.put({ ...queued, state: 'setAside', problem: null, conflict: answer.conflict })
      } else await keeper.remove(queued)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 401) return 'signedOut'
      if (isForLater(error)) return 'later'
      const problem = { code: error.code, text: textOf(error) }
      await keeper.put({ ...queued, state: 'refused', problem })
    }
  }
  return 'done'
}

/** No network, a hub that starts, too many at once, a token that is renewed with the session. */
const isForLater = ({ status, code }: ApiError): boolean =>
  status === 0 || status >= 500 || status === 429 || code === 'auth.csrf' || code === 'auth.acting'

async function sendOne(queued: QueuedEntry, keeper: QueueKeeper, hub: HubLine): Promise<ReadingEntryAnswer> {
  let { entry } = queued
  if (queued.hasPhoto && entry.photo === null) {
    const photo = await keeper.photo(entry.id)
    if (photo) {
      entry = { ...entry, photo: await hub.sendPhoto(photo) }
      // Kept, so that the entry is the same each time it is sent
      await keeper.put({ ...queued, entry })
    }
  }
  return hub.sendEntry(entry)
}
