/** The log of an access device, read on from where it was read to: `AcsEvent` search. */
import { randomUUID } from 'node:crypto'
import { AppError } from '@courtyard/protocols/contract'
import { searchedAcsRecord, wholeOf, type AcsRecord, type ReadTime } from '@courtyard/protocols/isapi'
import { errorCodes } from '../../errors.ts'
import { at, listOf } from './document.ts'
import type { IsapiClient } from './isapi-client.ts'

export interface AcsCheckpoint {
  readonly atMs: number
  readonly serialNo: number
}

/** Entries that any firmware gives at once. */
const PAGE = 30
/** A device whose clock was put back a little has events before the last one. */
const OVERLAP_MS = 600_000

export function parseAcsCheckpoint(text: string | null): AcsCheckpoint | null {
  const match = /^acs1 (\d{1,12}) (\d{1,15})$/.exec(text ?? '')
  return match ? { atMs: Number(match[1]) * 1_000, serialNo: Number(match[2]) } : null
}

export function formatAcsCheckpoint({ atMs, serialNo }: AcsCheckpoint): string {
  return `acs1 ${Math.floor(atMs / 1_000)} ${serialNo}`
}

/**
 * All that is behind the checkpoint, oldest first. The end of the search is fixed, so its pages must agree with each other.
 * @throws AppError `edge.reply_invalid` for pages that don't, and what the client throws.
 */
export async function readAcsLog(
  client: IsapiClient,
  from: AcsCheckpoint,
  untilMs: number,
  readTime: ReadTime,
  isoTime: (atMs: number) => string,
): Promise<AcsRecord[]> {
  const searchID = randomUUID()
  const records: AcsRecord[] = []
  let seen = 0
  let total: number | null = null
  for (;;) {
    const condition = { searchID, searchResultPosition: seen, maxResults: PAGE, major: 0, minor: 0, startTime: isoTime(from.atMs - OVERLAP_MS), endTime: isoTime(untilMs) } // prettier-ignore
    const reply = await client.ask({ method: 'POST', path: '/ISAPI/AccessControl/AcsEvent?format=json', body: { type: 'json', text: JSON.stringify({ AcsEventCond: condition }) } }) // prettier-ignore
    const infos = listOf(at(reply, 'AcsEvent', 'InfoList'))
    const status = at(reply, 'AcsEvent', 'responseStatusStrg')
    const matches = wholeOf(at(reply, 'AcsEvent', 'numOfMatches'))
    const told = wholeOf(at(reply, 'AcsEvent', 'totalMatches'))
    if (status === 'NO MATCH' && seen === 0) return []
    if (status !== 'OK' && status !== 'MORE')
      throw partial(`the search ended with ${String(status).slice(0, 40)}`)
    if (matches !== infos.length) throw partial(`a page says ${matches} entries and has ${infos.length}`)
    if (total !== null && told !== total)
      throw partial(`${total} entries have become ${told} while they were read`)
    total = told
    for (const info of infos) {
      const record = searchedAcsRecord(info, readTime)
      if (!record) throw partial('an entry without serial number or time')
      records.push(record)
    }
    seen += infos.length
    if (status === 'OK') break
    if (infos.length === 0) throw partial('a page without entries that says that there are more')
  }
  if (total !== null && seen !== total) throw partial(`${seen} of ${total} entries came`)
  return records
    .filter(({ atMs, serialNo }) => atMs > from.atMs || serialNo > from.serialNo)
    .sort((a, b) => a.atMs - b.atMs || a.serialNo - b.serialNo)
}

function partial(reason: string): AppError {
  return new AppError(errorCodes.replyInvalid, `event log: ${reason}`)
}
