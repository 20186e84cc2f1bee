import { expect, test } from 'vitest'
import { instantOf } from './instant.ts'

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [1_763_769_600_000, '2025-11-22T00:00:00.000Z'],
  [null, null],
  [Number.MAX_SAFE_INTEGER, null],
  [8_640_000_000_000_000, null],
  [-8_640_000_000_000_000, null],
])('%s is %s', (ms, text) => expect(instantOf(ms)).toBe(text))
