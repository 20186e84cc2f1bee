import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'
import { BusyMeter } from './busy-meter.ts'
import { afterPoll, nextRegular, spreadTasks } from './schedule.ts'

const sixty = Array.from({ length: 60 }, (_, i) => ({
  deviceKey: `m${i}`,
  group: 'fast',
  intervalMs: 10_000,
}))

test('sixty units come due one after the other, and all within the first five seconds', () => {
  const tasks = spreadTasks(sixty, 1_000)
  const due = tasks.map((task) => task.dueMs)
  expect(new Set(due).size).toBe(60)
  expect(Math.max(...due)).toBeLessThan(6_000)
  const regular = tasks.map((task) => nextRegular(task, 11_000))
  const gaps = regular.sort((a, b) => a - b).slice(1).map((at, i) => at - regular[i]!) // prettier-ignore
  expect(Math.min(...gaps)).toBeCloseTo(10_000 / 60)
})

const task = { deviceKey: 'm', group: 'g', intervalMs: 1_000, anchorMs: 0, dueMs: 5_000 }
test.each([
  ['in time', 5_400, 6_000, 0],
  ['just in time', 5_999, 6_000, 0],
  ['exactly when the next is due', 6_000, 6_000, 1],
  ['in the next interval', 6_700, 6_000, 1],
  ['three intervals late', 8_100, 8_000, 3],
])('a poll that ends %s', (_name, finishedMs, dueMs, missed) => {
  expect(afterPoll(task, finishedMs)).toEqual({ dueMs, missed })
})

test('property: a task is always due on its own instants, and done + missed counts every one of them', () => {
  const durations = fc.array(fc.integer({ min: 1, max: 4_500 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(durations, (list) => {
      let now = 5_000
      let current = { ...task }
      let missed = 0
      for (const duration of list) {
        now = Math.max(now, current.dueMs) + duration
        const after = afterPoll(current, now)
        missed += after.missed
        current = { ...current, dueMs: after.dueMs }
        expect(current.dueMs % 1_000).toBe(0)
        expect(current.dueMs).toBeGreaterThan(now - 1_000)
      }
      const kept = list.length - missed
      expect((current.dueMs - 5_000) / 1_000).toBeGreaterThanOrEqual(kept)
      expect((current.dueMs - 5_000) / 1_000).toBeLessThanOrEqual(list.length + missed)
    }),
  )
})

test('backoff doubles to its cap, with jitter that never exceeds it', () => {
  const range = { firstMs: 1_000, lastMs: 60_000 }
  expect([1, 2, 3, 4].map((n) => backoffMs(n, range, 0.5))).toEqual([1_000, 2_000, 4_000, 8_000])
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, r) => {
        const wait = backoffMs(n, range, r)
        expect(wait).toBeGreaterThanOrEqual(750)
        expect(wait).toBeLessThanOrEqual(60_000)
      },
    ),
  )
})

test('load is the busy share of the last minute', () => {
  const meter = new BusyMeter(0)
  meter.add(0, 500)
  expect(meter.load(1_000)).toBeCloseTo(0.5)
  meter.add(30_000, 45_000)
  expect(meter.load(60_000)).toBeCloseTo(15.5 / 60)
  expect(meter.load(100_000)).toBeCloseTo(5 / 60)
  expect(meter.load(200_000)).toBe(0)
})

test('property: the load of a bus with many short polls is their sum, and one that is always busy has load 1', () => {
  const spans = fc.array(fc.record({ idleMs: fc.integer({ min: 0, max: 900 }), busyMs: fc.double({ min: 0.01, max: 400, noNaN: true }) }), { minLength: 1, maxLength: 400 }) // prettier-ignore
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), spans, (startMs, list) => {
      const meter = new BusyMeter(startMs)
      const always = new BusyMeter(startMs)
      const kept: { fromMs: number; toMs: number }[] = []
      let nowMs = startMs
      for (const { idleMs, busyMs } of list) {
        const fromMs = nowMs + idleMs
        always.add(nowMs, fromMs + busyMs)
        nowMs = fromMs + busyMs
        meter.add(fromMs, nowMs)
        kept.push({ fromMs, toMs: nowMs })
      }
      const windowMs = Math.min(60_000, nowMs - startMs)
      const busyMs = kept.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - Math.max(fromMs, nowMs - windowMs)), 0) // prettier-ignore
      // Within the slice that the window cuts, what was busy is taken as spread evenly.
      expect(Math.abs(meter.load(nowMs) - busyMs / windowMs)).toBeLessThan(1_000.1 / windowMs)
      if (windowMs < 58_000) expect(meter.load(nowMs)).toBeCloseTo(busyMs / windowMs, 6)
      expect(always.load(nowMs)).toBeCloseTo(1, 6)
    }),
  )
})
