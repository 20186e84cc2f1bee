import fc from 'fast-check'
import { expect, it } from 'vitest'
import { boundOf, cursorText, newestFirst, parseCursor, type EventCursor } from './cursor.ts'
import { eventTypes } from './event-tables.ts'

const cursor = fc.record({
  atMs: fc.integer({ min: 0, max: 3 }),
  type: fc.constantFrom(...eventTypes),
  id: fc.integer({ min: 1, max: 4 }).map(String),
})

it('reads what it has written', () => {
  fc.assert(
    fc.property(cursor, (one) => {
      expect(parseCursor(cursorText(one))).toEqual(one)
    }),
  )
})

it.each([
  '',
  '1.access',
  'x.access.1',
  '1.nothing.1',
  '99999999999999999.access.1',
  '1.access.1; drop table',
])('knows that %j is no cursor', (text) => {
  expect(parseCursor(text)).toBeNull()
})

/** What the database does with a bound: (at, id) < (bound.atMs, bound.id). */
function isBelow({ atMs, id }: EventCursor, bound: { atMs: number; id: string }): boolean {
  return atMs < bound.atMs || (atMs === bound.atMs && BigInt(id) < BigInt(bound.id))
}

it('pages through all events once, in one order, whatever the size of a page', () => {
  const events = fc.uniqueArray(cursor, { selector: cursorText, maxLength: 40 })
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 7 }), (all, size) => {
      const sorted = all.toSorted(newestFirst)
      const seen: EventCursor[] = []
      for (let after: EventCursor | undefined; seen.length <= all.length; after = seen.at(-1)) {
        const place = after
        const page = all
          .filter((one) => !place || isBelow(one, boundOf(place, one.type)))
          .toSorted(newestFirst)
          .slice(0, size)
        if (page.length === 0) break
        seen.push(...page)
      }
      expect(seen).toEqual(sorted)
    }),
  )
})
