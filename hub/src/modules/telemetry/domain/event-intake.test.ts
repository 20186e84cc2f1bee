import { expect, it } from 'vitest'
import type { DeviceEvent } from '@courtyard/protocols/contract'
import { takeEvents } from './event-intake.ts'
import { EARLIEST_MS, MAX_AHEAD_MS } from './intake.ts'

const now = Date.UTC(2026, 10, 21, 12)
const door = { id: 'd-1', name: 'North door' }
const lookup = (key: string) => (key === 'door' ? door : undefined)
const event = (id: string, device: string, atMs = now): DeviceEvent => ({
  type: 'door',
  id,
  device,
  atMs,
  door: '1',
  state: 'opened',
})

it('takes what happened at known devices', () => {
  const { taken, held } = takeEvents([event('a', 'door'), event('b', 'door', EARLIEST_MS)], lookup, now)
  expect(taken.map((one) => [one.event.id, one.device.name])).toEqual([
    ['a', 'North door'],
    ['b', 'North door'],
  ])
  expect(held).toEqual([])
})

it('holds unknown devices once each, with how many events', () => {
  const { taken, held } = takeEvents(
    [event('a', 'gate'), event('b', 'door'), event('c', 'gate'), event('d', 'lift')],
    lookup,
    now,
  )
  expect(taken).toHaveLength(1)
  expect(held).toEqual([
    {
      device: 'gate',
      why: 'deviceUnknown',
      events: 2,
      reason: { code: 'ingest.device_unknown', device: 'gate' },
    },
    {
      device: 'lift',
      why: 'deviceUnknown',
      events: 1,
      reason: { code: 'ingest.device_unknown', device: 'lift' },
    },
  ])
})

it.each([
  ['before the year 2000', EARLIEST_MS - 1],
  ['more than a day ahead', now + MAX_AHEAD_MS + 1],
  ['no instant at all', Number.MAX_SAFE_INTEGER],
])('holds an event %s, and takes the good one beside it', (_, atMs) => {
  const { taken, held } = takeEvents([event('bad', 'door', atMs), event('good', 'door')], lookup, now)
  expect(taken.map((one) => one.event.id)).toEqual(['good'])
  expect(held).toMatchObject([{ device: 'door', why: 'timeOutOfRange', events: 1, reason: { event: 'bad' } }])
})
