import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { parseLocalTime } from '@courtyard/protocols/zkteco'
import { SiteZone } from './local-time.ts'

const instant = (zone: string, text: string) =>
  new Date(new SiteZone(zone).toInstant(parseLocalTime(text))).toISOString()

test.each([
  ['Asia/Shanghai', '2026-01-15 08:30:05', '2026-01-15T00:30:05.000Z'],
  ['Asia/Kolkata', '2026-01-15 08:30:05', '2026-01-15T03:00:05.000Z'],
  ['Europe/Berlin', '2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
  // The hour that never comes: as far behind the gap as it stands in it.
  ['Europe/Berlin', '2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'],
  ['Europe/Berlin', '2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
  // The hour that comes twice: its first time.
  ['Europe/Berlin', '2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
  ['Europe/Berlin', '2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
  ['America/New_York', '2026-11-01 01:30:00', '2026-11-01T05:30:00.000Z'],
  ['America/New_York', '2026-03-08 02:30:00', '2026-03-08T07:30:00.000Z'],
  ['Australia/Lord_Howe', '2026-04-05 01:45:00', '2026-04-04T14:45:00.000Z'],
])('%s: %s is %s', (zone, text, expected) => {
  expect(instant(zone, text)).toBe(expected)
})

test('an instant and its wall clock are the same again, except in the second run of an hour', () => {
  for (const name of ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns']) {
    const zone = new SiteZone(name)
    fc.assert(
      fc.property(fc.integer({ min: 946_684_800, max: 2_524_608_000 }), (second) => {
        const atMs = second * 1_000
        const back = zone.toInstant(zone.toLocal(atMs))
        expect([0, 3_600_000]).toContain(atMs - back)
      }),
      { numRuns: 300 },
    )
  }
})
