import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bytesFromHex,
  decodeBcd,
  encodeBcd,
  faceMs,
  hexText,
  localTimeAt,
  wireBytes,
  writtenHex,
} from './index.ts'

test('BCD is low byte first; a half byte above nine is no number', () => {
  expect(decodeBcd(bytesFromHex('26 00 00 00'))).toBe(26n)
  expect(decodeBcd(bytesFromHex('56 34 12'))).toBe(123456n)
  for (const hex of ['FF FF FF FF', 'EE EE', '0A', 'A0 00']) expect(decodeBcd(bytesFromHex(hex))).toBeNull()
  expect(hexText(encodeBcd(123456, 4))).toBe('56 34 12 00')
  expect(() => encodeBcd(100, 1)).toThrow(RangeError)
  expect(() => encodeBcd(-1, 1)).toThrow(RangeError)
})

test('property: BCD comes back, and digits are all that is a number', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 16n - 1n }), (value) => {
      expect(decodeBcd(encodeBcd(value, 8))).toBe(value)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (bytes) => {
      const text = writtenHex(bytes)
      expect(decodeBcd(bytes)).toBe(/^\d+$/.test(text) ? BigInt(text) : null)
      expect(wireBytes(text)).toEqual(bytes)
    }),
  )
})

test('the clock of a place', () => {
  const time = localTimeAt(Date.UTC(2026, 1, 28, 16, 5, 9), 'Asia/Shanghai')
  expect(time).toEqual({ year: 2026, month: 3, day: 1, hour: 0, minute: 5, second: 9, weekday: 0 })
  expect(localTimeAt(Date.UTC(2026, 5, 1, 12), 'Europe/Berlin').hour).toBe(14)
  expect(faceMs(time)).toBe(Date.UTC(2026, 2, 1, 0, 5, 9))
  expect(faceMs({ ...time, month: 2, day: 30 })).toBeNull()
  expect(faceMs({ ...time, hour: 24 })).toBeNull()
})
