import { expect, it } from 'vitest'
import { isTransient } from './database-faults.ts'

const withCode = (code: string) => Object.assign(new Error('x'), { code })

it.each([
  '08006',
  '40P01',
  '40001',
  '53100',
  '57P01',
  '57P03',
  '58030',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
])('waits for %s to pass', (code) => expect(isTransient(withCode(code))).toBe(true))
it.each(['22003', '22008', '23505', '42P01', 'XX000', 'ERR_INVALID_ARG_TYPE', 'wire.invalid'])(
  'takes %s for the data’s or our own fault',
  (code) => expect(isTransient(withCode(code))).toBe(false),
)
it('knows what the driver says without a code', () => {
  expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true)
  expect(isTransient(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isTransient(new RangeError('Invalid time value'))).toBe(false)
  expect(isTransient('text')).toBe(false)
})
