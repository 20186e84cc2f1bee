import { loadProfiles } from '@courtyard/protocols/profile'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildWutongCourt } from '../site/wutong.ts'
import { DAY_MS, INSTALLED_AT_MS, isWeekend, localDay, seasonFactor } from './calendar.ts'
import { STEP_MS } from './load-curve.ts'
import { shapes } from './shapes.ts'
import { SiteLoad } from './site-load.ts'

const site = buildWutongCourt(1, loadProfiles())
const load = new SiteLoad(site)
const indexOf = (key: string) => site.meters.findIndex((meter) => meter.key === key)
const total = (key: string, atMs: number) => load.moment(atMs).of(indexOf(key)).total
const meterKey = fc.constantFrom(...site.meters.map((meter) => meter.key))
const instant = fc.integer({ min: INSTALLED_AT_MS, max: INSTALLED_AT_MS + 1500 * DAY_MS })
const midnight = Date.parse('2026-03-04T00:00:00+08:00')
const units = 1_000_000_000

describe('a register', () => {
  test('only ever grows, in whole units', () => {
    fc.assert(
      fc.property(meterKey, instant, fc.integer({ min: 0, max: 3 * DAY_MS }), (key, atMs, later) => {
        const before = total(key, atMs)
        const after = total(key, atMs + later)
        expect(Number.isSafeInteger(before) && Number.isSafeInteger(after)).toBe(true)
        expect(after).toBeGreaterThanOrEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  test('is the same whoever asks, in whatever order', () => {
    const other = new SiteLoad(buildWutongCourt(1, loadProfiles()))
    const instants = Array.from({ length: 60 }, (_, i) => midnight + ((i * 37) % 60) * 7 * 3_600_000)
    for (const key of ['b1-0101-e', 'site-total-e', 'b3-0702-g']) {
      const there = instants.map((atMs) => total(key, atMs))
      const back = [...instants].reverse().map((atMs) => other.moment(atMs).of(indexOf(key)).total)
      expect(back.reverse()).toEqual(there)
    }
  })

  test('is what the power adds up to, ten seconds by ten seconds', () => {
    for (const key of ['b1-0101-e', 'b1-s01-e', 'b2-lift-e', 'b1-0101-w']) {
      const from = midnight + 8 * 3_600_000
      let sum = 0
      for (let atMs = from; atMs < from + 3_600_000; atMs += STEP_MS)
        sum += load.moment(atMs).of(indexOf(key)).perStep
      expect(sum).toBe(total(key, from + 3_600_000) - total(key, from))
    }
  })

  test('runs evenly within ten seconds', () => {
    const { perStep, total: at0 } = load.moment(midnight).of(indexOf('b1-s01-e'))
    expect(total('b1-s01-e', midnight + 2500) - at0).toBe(Math.floor(perStep / 4))
  })

  test('has no step at midnight or at the ends of slots', () => {
    for (const boundary of [midnight, midnight + 300_000, midnight + DAY_MS]) {
      const index = indexOf('b1-s02-e')
      const last = load.moment(boundary - 1).of(index)
      expect(load.moment(boundary).of(index).total - last.total).toBeLessThanOrEqual(
        Math.ceil(last.perStep / STEP_MS) + 1,
      )
    }
  })

  test('another seed, another neighbourhood', () => {
    const other = new SiteLoad(buildWutongCourt(2, loadProfiles()))
    expect(other.moment(midnight).of(0).total).not.toBe(load.moment(midnight).of(0).total)
  })
})

describe('totals', () => {
  const totals = site.meters.filter((meter) => meter.source.kind === 'sum')

  test('there are seven: electricity of three buildings and the site, water of three buildings', () => {
    expect(totals.map((meter) => meter.key).sort()).toEqual(
      [
        'b1-total-e',
        'b1-total-w',
        'b2-total-e',
        'b2-total-w',
        'b3-total-e',
        'b3-total-w',
        'site-total-e',
      ].sort(),
    )
  })

  test('every interval is the sum of the sub-meters plus 1 to 3 per cent', () => {
    for (const meter of totals) {
      const children = site.meters.filter((child) => child.parent === meter.key)
      expect(children.length).toBeGreaterThan(2)
      for (const hours of [1, 24, 24 * 30]) {
        const to = midnight + 9 * 3_600_000
        const from = to - hours * 3_600_000
        const subs = children.reduce((sum, child) => sum + total(child.key, to) - total(child.key, from), 0)
        const loss = total(meter.key, to) - total(meter.key, from) - subs
        expect(loss / subs).toBeGreaterThan(0.0099)
        expect(loss / subs).toBeLessThan(0.03)
      }
    }
  })
})

describe('plausible', () => {
  const perDay = (key: string, day = midnight) => (total(key, day + DAY_MS) - total(key, day)) / units
  const hours = (key: string, from: number, to: number) =>
    (total(key, midnight + to * 3_600_000) - total(key, midnight + from * 3_600_000)) / (to - from)

  test('a flat, a shop, a lift', () => {
    for (const meter of site.meters) {
      if (meter.source.kind === 'sum' || meter.source.load.vacant) continue
      const used = Array.from({ length: 30 }, (_, day) => perDay(meter.key, midnight + day * DAY_MS))
      const mean = used.reduce((sum, amount) => sum + amount, 0) / 30
      const [low, high] = {
        electricity: [2.5, 100],
        water: [0.05, 4],
        gas: [0.2, 2],
        heat: [0, 0],
        environment: [0, 0],
        equipment: [0, 0],
      }[meter.medium] as [number, number]
      expect(mean, meter.key).toBeGreaterThan(low)
      expect(mean, meter.key).toBeLessThan(high)
    }
  })

  test('evenings in flats, days in shops, nights in stairwells', () => {
    const flat = site.households.find((household) => !household.vacant)!
    const key = `b${flat.building}-0${flat.room}-e`
    expect(hours(key, 19, 22)).toBeGreaterThan(2 * hours(key, 1, 4))
    expect(hours('b1-s01-e', 9, 20)).toBeGreaterThan(4 * hours('b1-s01-e', 0, 5))
    expect(hours('b1-lighting-e', 19, 23)).toBeGreaterThan(4 * hours('b1-lighting-e', 10, 15))
  })

  test('some flats are vacant, and use next to nothing', () => {
    const vacant = site.households.filter((household) => household.vacant)
    expect(vacant.length).toBeGreaterThan(0)
    for (const { building, room } of vacant) {
      expect(perDay(`b${building}-0${room}-e`)).toBeLessThan(0.3)
      expect(perDay(`b${building}-0${room}-w`)).toBe(0)
    }
  })
})

test('calendar: local days, weekends, seasons', () => {
  expect(localDay(INSTALLED_AT_MS)).toEqual({ day: 0, msOfDay: 0 })
  expect(localDay(INSTALLED_AT_MS - 1)).toEqual({ day: -1, msOfDay: DAY_MS - 1 })
  const dayOf = (text: string) => localDay(Date.parse(`${text}T12:00:00+08:00`)).day
  expect(
    ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'].map((text) => isWeekend(dayOf(text))),
  ).toEqual([false, true, true, false])
  const { months } = shapes.home
  expect(seasonFactor(months, dayOf('2026-07-16'))).toBeGreaterThan(1.4)
  expect(seasonFactor(months, dayOf('2026-04-16'))).toBeLessThan(0.9)
  expect(
    Math.abs(seasonFactor(months, dayOf('2026-12-31')) - seasonFactor(months, dayOf('2027-01-01'))),
  ).toBeLessThan(0.01)
})

test('shapes: 24 hours and 12 months each, no weight below zero', () => {
  for (const shape of Object.values(shapes)) {
    expect([shape.workday.length, shape.weekend.length, shape.months.length]).toEqual([24, 24, 12])
    expect(Math.min(...shape.workday, ...shape.weekend)).toBeGreaterThan(0)
    expect(shape.slotNoise).toBeLessThan(1)
    expect(shape.dayNoise).toBeLessThan(1)
  }
})
