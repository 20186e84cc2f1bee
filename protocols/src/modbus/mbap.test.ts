import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc16 } from './crc16.ts'
import { decodeMbap, encodeMbap, type MbapFrame, MbapReader } from './mbap.ts'

const bytes = (hex: string) => Uint8Array.from(hex.split(' '), (byte) => parseInt(byte, 16))

test('crc16 of published frames', () => {
  // The standard's example 02 07 → 41 12, the catalogue's check value, and a request to unit 1: 01 03 00 00 00 0A C5 CD.
  expect(crc16(bytes('02 07'))).toBe(0x1241)
  expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x4b37)
  expect(crc16(bytes('01 03 00 00 00 0a'))).toBe(0xcdc5)
})

describe('MBAP', () => {
  const wire = bytes('15 01 00 00 00 06 ff 03 00 04 00 01')
  const frame: MbapFrame = { transactionId: 0x1501, unitId: 0xff, pdu: bytes('03 00 04 00 01') }

  test('the example of the implementation guide', () => {
    expect(encodeMbap(frame)).toEqual(wire)
    expect(decodeMbap(wire)).toEqual({ frame, size: 12 })
  })

  test('waits for the rest', () => {
    for (let length = 0; length < wire.length; length++)
      expect(decodeMbap(wire.subarray(0, length))).toBeNull()
  })

  test.each([
    ['protocol is not 0', '00 01 00 01 00 06 01 03 00 00 00 01', 2],
    ['length leaves no function code', '00 01 00 00 00 01 01', 4],
    ['length is beyond 254', '00 01 00 00 00 ff 01 03', 4],
  ])('refuses: %s', (_, hex, offset) => {
    expect(() => decodeMbap(bytes(hex))).toThrow(
      expect.objectContaining({ code: 'modbus.bad_frame', details: { offset, bytes: hex } }) as Error,
    )
  })

  test('refuses to send what no receiver takes', () => {
    for (const length of [0, 254]) {
      const attempt = () => encodeMbap({ transactionId: 1, unitId: 1, pdu: new Uint8Array(length) })
      expect(attempt).toThrow(/PDU of/)
    }
  })

  test('however a stream is cut, the same frames come out', () => {
    const frames = fc.array(
      fc.record({
        transactionId: fc.nat(0xffff),
        unitId: fc.nat(0xff),
        pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (sent, cuts) => {
        const stream = Uint8Array.from(sent.flatMap((one) => [...encodeMbap(one)]))
        const reader = new MbapReader()
        const received: MbapFrame[] = []
        let offset = 0
        for (const cut of cuts) {
          received.push(...reader.push(stream.subarray(offset, offset + cut)))
          offset = Math.min(offset + cut, stream.length)
        }
        received.push(...reader.push(stream.subarray(offset)))
        expect(received.map((one) => ({ ...one, pdu: [...one.pdu] }))).toEqual(
          sent.map((one) => ({ ...one, pdu: [...one.pdu] })),
        )
      }),
    )
  })
})
