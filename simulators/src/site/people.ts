/** Who passes the terminals, and when: a pure function of seed and day, so that a restart tells the same past. */
import { DAY_MS, INSTALLED_AT_MS, isWeekend, localDay } from '../load/calendar.ts'
import { chance, hash32, streamOf } from '../random.ts'
import type { Account } from './site.types.ts'

export interface Person {
  /** Number at the terminal. */
  readonly number: string
  readonly name: string
  /** 0: none. */
  readonly card: number
  /** How the person is recognised: 1 finger, 2 card, 15 face. */
  readonly verify: number
}

/** Somebody at a terminal. `punch`: 0 in, 1 out, 2 break begins, 3 break ends. */
export interface Visit {
  readonly atMs: number
  readonly person: Person
  readonly punch: number
}

const STAFF = 12
/** The last of the staff are guards in three shifts. */
const GUARDS = 3
const MINUTE_MS = 60_000

/** Passes at the building's door per minute, hour by hour: livelier than a real door, so that there is something to see. */
const PASSES_PER_MINUTE = [
  0.3, 0.2, 0.15, 0.15, 0.2, 0.4, 1.0, 1.7, 1.7, 1.4, 1.3, 1.3, 1.4, 1.3, 1.2, 1.2, 1.3, 1.5, 1.7, 1.6, 1.4, 1.2, 0.8, 0.5,
] // prettier-ignore

export function peopleOf(
  seed: number,
  households: readonly Account[],
): { staff: Person[]; residents: Person[] } {
  const person = (number: string, name: string): Person => {
    const stream = streamOf(seed, `person ${number}`)
    const verify = [1, 2, 15][hash32(stream, 1) % 3]!
    return { number, name, card: 1_000_000 + (hash32(stream, 2) % 9_000_000), verify }
  }
  const staff = Array.from({ length: STAFF }, (_, index) => {
    const two = String(index + 1).padStart(2, '0')
    return person(two, `员工${two}`)
  })
  const residents = households
    .filter(({ building }) => building === '1')
    .flatMap(({ room, residents: count }) =>
      Array.from({ length: count }, (_, index) => person(`1${room}${index + 1}`, `${room}住户${index + 1}`)),
    )
  return { staff, residents }
}

/** Visits of the half-open span, in the order of time. */
export function visitsBetween(
  seed: number,
  kind: 'attendance' | 'access',
  people: readonly Person[],
  fromMs: number,
  toMs: number,
): Visit[] {
  const visits: Visit[] = []
  // Shifts begin before midnight and end after it.
  const [first, last] = [localDay(fromMs).day - 1, localDay(toMs).day + 1]
  for (let day = first; day <= last; day += 1) {
    visits.push(...(kind === 'attendance' ? workday(seed, people, day) : passes(seed, people, day)))
  }
  return visits.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).sort((a, b) => a.atMs - b.atMs)
}

function workday(seed: number, staff: readonly Person[], day: number): Visit[] {
  return staff.flatMap((person, index) => {
    const guard = index - (staff.length - GUARDS)
    const stream = streamOf(seed, `work ${person.number}`)
    if (guard < 0 && (isWeekend(day) ? hash32(stream, day, 1) % 4 !== 0 : hash32(stream, day, 2) % 25 === 0)) {
      return []
    }
    // Minutes since midnight, and how far chance may move them to either side.
    const plan =
      guard >= 0
        ? [[guard * 480 - 8, 7, 0], [guard * 480 + 488, 7, 1]] as const
        : [[505, 18, 0], [725, 12, 2], [805, 12, 3], [1_062, 22, 1]] as const
    return plan.map(([minute, spread, punch], step) => {
      const shiftMs = (2 * chance(stream, day, 10 + step) - 1) * spread * MINUTE_MS
      return { atMs: wholeSecond(dayStartMs(day) + minute * MINUTE_MS + shiftMs), person, punch }
    })
  }) // prettier-ignore
}

function passes(seed: number, residents: readonly Person[], day: number): Visit[] {
  const stream = streamOf(seed, 'passes')
  const visits: Visit[] = []
  for (let minute = 0; minute < 1_440; minute += 1) {
    // Two chances a minute, so that more than one person a minute can come and never two in one second.
    for (const half of [0, 1]) {
      const slot = 2 * minute + half
      if (chance(stream, day, 4 * slot) >= PASSES_PER_MINUTE[Math.floor(minute / 60)]! / 2) continue
      const person = residents[hash32(stream, day, 4 * slot + 1) % residents.length]!
      const second = 30 * half + (hash32(stream, day, 4 * slot + 2) % 30)
      visits.push({ atMs: dayStartMs(day) + minute * MINUTE_MS + second * 1_000, person, punch: 0 })
    }
  }
  return visits
}

function dayStartMs(day: number): number {
  return INSTALLED_AT_MS + day * DAY_MS
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
