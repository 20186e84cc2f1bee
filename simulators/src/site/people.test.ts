import { loadProfiles } from '@courtyard/protocols/profile'
import { expect, test } from 'vitest'
import { peopleOf, visitsBetween } from './people.ts'
import { buildWutongCourt } from './wutong.ts'

const { households } = buildWutongCourt(1, loadProfiles())
const { staff, residents } = peopleOf(1, households)
const at = (text: string) => Date.parse(`${text}+08:00`)
const [from, to] = [at('2026-03-04T00:00:00'), at('2026-03-05T00:00:00')]

test('a day in two pieces is the day, each visit once and in order', () => {
  for (const [kind, people] of [['attendance', staff], ['access', residents]] as const) {
    const whole = visitsBetween(1, kind, people, from, to)
    const noon = at('2026-03-04T12:34:56.789')
    const pieces = [
      ...visitsBetween(1, kind, people, from, noon),
      ...visitsBetween(1, kind, people, noon, to),
    ]
    expect(pieces).toEqual(whole)
    const identities = whole.map(({ atMs, person }) => `${atMs} ${person.number}`)
    expect(new Set(identities).size).toBe(whole.length)
    expect(whole.every(({ atMs }, i) => i === 0 || atMs >= whole[i - 1]!.atMs)).toBe(true)
  }
}) // prettier-ignore

test('guards relieve each other around the clock, the others work by day', () => {
  const visits = visitsBetween(1, 'attendance', staff, from, to)
  const hourOf = (atMs: number) => new Date(atMs + 8 * 3_600_000).getUTCHours()
  const guards = new Set(staff.slice(-3).map(({ number }) => number))
  const ins = visits.filter(({ person, punch }) => guards.has(person.number) && punch === 0)
  expect(ins.map(({ atMs }) => hourOf(atMs))).toEqual([7, 15, 23])
  const others = visits.filter(({ person }) => !guards.has(person.number))
  expect(others.length).toBeGreaterThanOrEqual(24)
  for (const { atMs } of others) expect([8, 11, 12, 13, 17, 18]).toContain(hourOf(atMs))
  for (const person of new Set(others.map((visit) => visit.person))) {
    const punches = others.filter((visit) => visit.person === person).map(({ punch }) => punch)
    expect(punches).toEqual([0, 2, 3, 1])
  }
})

test('the door lives by day and rests at night; only residents of building 1 pass', () => {
  const perHour = (hour: string) =>
    visitsBetween(1, 'access', residents, at(`2026-03-04T${hour}:00:00`), at(`2026-03-04T${hour}:59:59.999`))
      .length
  expect(perHour('08')).toBeGreaterThan(45)
  expect(perHour('03')).toBeLessThan(20)
  const rooms = households.filter(({ building, vacant }) => building === '1' && !vacant)
  expect(new Set(residents.map(({ number }) => number)).size).toBe(residents.length)
  expect(residents).toHaveLength(rooms.reduce((sum, { residents: count }) => sum + count, 0))
})

test('another seed, other times', () => {
  const times = (seed: number) => visitsBetween(seed, 'access', residents, from, to).map(({ atMs }) => atMs)
  expect(times(1)).toEqual(times(1))
  expect(times(2)).not.toEqual(times(1))
})
