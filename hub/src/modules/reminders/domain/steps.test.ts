import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayBegins, inDays } from './when.ts'
import { addDays, daysBetweenDays, horizonDays, meets, stepDue } from './steps.ts'

const rule = { stepsDays: [30, 7, 1], repeatDays: 3 }

test('each step comes on its day, the last one is repeated', () => {
  const due = [31, 30, 8, 7, 2, 1, 0, -1, -2, -5].map((days) => stepDue(rule, days))
  expect(due).toEqual([null, '30', '30', '7', '7', '1', '1', '1', 'repeat:1', 'repeat:2'])
  expect(stepDue({ ...rule, repeatDays: null }, -100)).toBe('1')
  expect(stepDue({ stepsDays: [-2, 0], repeatDays: null }, -3)).toBe('-2')
  expect(horizonDays(rule)).toBe(30)
})

test('days are counted over months, leap days and changes of the clock', () => {
  expect(daysBetweenDays('2026-10-24', '2026-10-26')).toBe(2)
  expect(daysBetweenDays('2028-03-01', '2028-02-28')).toBe(-2)
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
})

test('from day to day the step stays or goes on, and never comes back', () => {
  const steps = fc.array(fc.integer({ min: -30, max: 60 }), { minLength: 1, maxLength: 6 })
  const repeat = fc.option(fc.integer({ min: 1, max: 10 }))
  fc.assert(
    fc.property(steps, repeat, (stepsDays, repeatDays) => {
      const seen: (string | null)[] = []
      for (let daysLeft = 61; daysLeft > -60; daysLeft--) {
        const step = stepDue({ stepsDays, repeatDays }, daysLeft)
        if (seen.at(-1) !== step) {
          expect(seen).not.toContain(step)
          seen.push(step)
        }
      }
      // Each one that is named comes
      for (const step of new Set(stepsDays)) expect(seen).toContain(String(step))
    }),
  )
})

test('conditions narrow down by values', () => {
  expect(meets({ medium: ['water'] }, { medium: 'water' })).toBe(true)
  expect(meets({ medium: ['water'] }, { medium: 'gas' })).toBe(false)
  expect(meets({ medium: ['water'] }, undefined)).toBe(false)
  expect(meets({ medium: [] }, undefined)).toBe(true)
})

test('a day is looked through once, from eight o’clock', () => {
  expect(dayBegins('2026-11-22 07:59:59', '2026-11-21')).toBe(false)
  expect(dayBegins('2026-11-22 08:00:00', '2026-11-21')).toBe(true)
  expect(dayBegins('2026-11-22 23:59:59', null)).toBe(true)
  expect(dayBegins('2026-11-22 12:00:00', '2026-11-22')).toBe(false)
  expect([2, 1, 0, -1, -2].map((days) => inDays(days).zh)).toEqual([
    '还有 2 天',
    '明天',
    '今天',
    '昨天',
    '已过 2 天',
  ])
})
