import { beforeEach, expect, test } from 'vitest'
import { ApiError } from '#lib/api/api-error.ts'
import type { ReadingEntryAnswer, ReadingEntryBody } from '@courtyard/protocols/contract'
import type { QueuedEntry } from './phone-store.ts'
import { sendWaiting, type HubLine, type QueueKeeper } from './send-queue.ts'

const kept = new Map<number, QueuedEntry>()
const sent: string[] = []
const keeper: QueueKeeper = {
  put: async (entry) => void kept.set(entry.order, entry),
  remove: async (entry) => void kept.delete(entry.order),
  photo: async () => new Blob(['x']),
}
const answerOf = (id: string): ReadingEntryAnswer => ({ id, outcome: 'stored', conflict: null, at: '' })
const hub: HubLine = {
  sendPhoto: async () => {
    sent.push('photo')
    return 'f'.repeat(64)
  },
  sendEntry: async (entry) => {
    sent.push(`${entry.id} ${entry.photo?.[0] ?? '-'}`)
    return answerOf(entry.id)
  },
}
const failing = (id: string, error: ApiError): HubLine => ({
  ...hub,
  sendEntry: async (entry) => {
    if (entry.id === id) throw error
    return hub.sendEntry(entry)
  },
})
const run = (line: HubLine) => sendWaiting([...kept.values()], keeper, line, (error) => error.message)

beforeEach(() => {
  kept.clear()
  sent.length = 0
  for (const order of [1, 2, 3]) {
    const entry = { id: `e${order}`, photo: null } as ReadingEntryBody
    kept.set(order, { order, entry, hasPhoto: order === 2, state: 'waiting' } as QueuedEntry)
  }
})

test('in order, the photo before the entry that names it; what has arrived is gone', async () => {
  expect(await run(hub)).toBe('done')
  expect(sent).toEqual(['e1 -', 'photo', 'e2 f', 'e3 -'])
  expect(kept.size).toBe(0)
})

test('without network all that is left waits, and the photo is not sent twice', async () => {
  const network = new ApiError(0, { code: 'network', message: '' })
  expect(await run(failing('e2', network))).toBe('later')
  expect([...kept.keys()]).toEqual([2, 3])
  expect(await run(hub)).toBe('done')
  expect(sent).toEqual(['e1 -', 'photo', 'e2 f', 'e3 -'])
})

test('what is refused for good stays with its reason and holds nobody up', async () => {
  const refused = new ApiError(404, { code: 'not_found', message: 'no such task' })
  expect(await run(failing('e1', refused))).toBe('done')
  expect([...kept.values()]).toMatchObject([
    { order: 1, state: 'refused', problem: { code: 'not_found', text: 'no such task' } },
  ])
  expect(await run(hub)).toBe('done')
  expect(kept.size).toBe(1)
})

test('what the office must decide on stays to be seen; who is signed out keeps everything', async () => {
  const aside: HubLine = {
    ...hub,
    sendEntry: async ({ id }) => ({ ...answerOf(id), outcome: 'setAside', conflict: 'newerRead' }),
  }
  expect(await run(failing('e1', new ApiError(401, { code: 'auth.no_session', message: '' })))).toBe(
    'signedOut',
  )
  expect(kept.size).toBe(3)
  await run(aside)
  expect([...kept.values()].map(({ state, conflict }) => [state, conflict])).toEqual(
    new Array(3).fill(['setAside', 'newerRead']),
  )
})
