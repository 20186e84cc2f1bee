import { expect, it } from 'vitest'
import { checkSuccessor, type KnownSuccessor } from './successor.ts'

const old = { serial: 'A', medium: 'electricity', unit: 'kWh', multiplier: '1' }
const known: KnownSuccessor = {
  ...old,
  serial: 'B',
  multiplier: '20',
  lastPlace: null,
  installedUntilMs: null,
}

it('takes a meter from the shelf that measures the same', () => {
  expect(checkSuccessor(known, old, { atMs: 5, multiplier: '20.0' })).toEqual([])
  expect(checkSuccessor({ ...known, installedUntilMs: 5 }, old, { atMs: 5, multiplier: '20' })).toEqual([])
})

it('refuses another multiplier, medium or unit, and being at two places', () => {
  const paths = (over: Partial<KnownSuccessor>, multiplier = '20') =>
    checkSuccessor({ ...known, ...over }, old, { atMs: 5, multiplier }).map(({ path }) => path)
  expect(paths({}, '1')).toEqual(['multiplier'])
  expect(paths({ unit: 'MWh' })).toEqual(['serial'])
  expect(paths({ medium: 'water', unit: 'm³' })).toEqual(['serial'])
  expect(paths({ lastPlace: 'P1', installedUntilMs: 6 })).toEqual(['at'])
})
