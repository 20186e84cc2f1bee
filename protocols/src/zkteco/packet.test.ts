import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { scrambleCommKey } from './comm-key.ts'
import { checksum, decodePacket, encodePacket, encodeTcpPacket, ZkStreamReader } from './packet.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

/** Frames of real terminals, from zk-protocol `protocol.md` and the captures in pyzk's `test.py`. */
const captures: [string, string][] = [
  ['connect', '5050827d08000000e80317fc00000000'],
  ['its reply', '5050827d08000000d007fffc2ffb0000'],
  ['a reply with a ninth byte', '5050827d09000000d007babb5c3c100009'],
  ['exit', '5050827d08000000e903e6002ffb0100'],
  ['unauthorised', '5050827d08000000d5075bb2cf450000'],
  ['auth', '5050827d0c0000004e044e2ccf450100614d323c'],
  ['options', '5050827D12000000 0B00B9E6F38D0C00 7E506C6174666F726D00'],
  ['an odd number of bytes', '5050827D13000000 D007828AF38D0B00 576F726B436F64653D3000'],
  ['users asked for', '5050827d13000000df053ca6cf4514000109000500000000000000'],
  ['last part of a bulk transfer, counted in the session field', '5050827d0c000000dd0507fa0500160000000000'],
  ['an event', '5050827D09000000 F401A7FC00010000 64'],
]

test.each(captures)('%s is read and written as it was captured', (_, capture) => {
  const wire = bytes(capture)
  const [packet, ...rest] = new ZkStreamReader().push(wire)
  expect(rest).toEqual([])
  expect(hex(encodeTcpPacket(packet!))).toBe(hex(wire))
})

test('checksums of the protocol description', () => {
  expect(checksum(bytes('0b000000f38d03005a4b4661636556657273696f6e00')).toString(16)).toBe('175a')
  expect(checksum(bytes('d0070000f38d0a0009')).toString(16)).toBe('6a29')
})

test('fields of an event', () => {
  expect(decodePacket(bytes('f401a7fc0001000064'))).toEqual({ command: 500, sessionId: 256, replyId: 0, data: bytes('64') }) // prettier-ignore
})

test.each([
  [12, 'pyzk test_tcp_unauth', '614d323c'],
  [45, 'pyzk test_tcp_auth', '61c9323c'],
])('communication key %i in session 45cf (%s)', (key, _, expected) => {
  expect(hex(scrambleCommKey(key, 0x45cf))).toBe(expected)
})

describe('bytes that are no packet', () => {
  test.each([
    ['a wrong checksum', 'd007fffd2ffb0000'],
    ['too few bytes', 'd007fffc2ffb00'],
  ])('%s', (_, wrong) => {
    expect(() => decodePacket(bytes(wrong))).toThrow(expect.objectContaining({ code: 'zkteco.bad_packet' }) as Error) // prettier-ignore
  })
  test.each([
    ['another prefix', '5050837c08000000d007fffc2ffb0000'],
    ['a length below the header', '5050827d07000000d007fffc2ffb00'],
    ['a length beyond every chunk', '5050827dffffff7f'],
  ])('%s ends the stream', (_, wrong) => {
    expect(() => new ZkStreamReader().push(bytes(wrong))).toThrow(expect.objectContaining({ code: 'zkteco.bad_packet' }) as Error) // prettier-ignore
  })
})

const anyPacket = fc.record({
  command: fc.nat(0xffff),
  sessionId: fc.nat(0xffff),
  replyId: fc.nat(0xffff),
  data: fc.uint8Array({ maxLength: 300 }),
})

test('any packets, split anywhere, come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 6 }), fc.array(fc.nat(400)), (packets, cuts) => {
      const wire = Buffer.concat(packets.map(encodeTcpPacket))
      const reader = new ZkStreamReader()
      const read = []
      let from = 0
      for (const cut of [...cuts, wire.length]) {
        read.push(...reader.push(wire.subarray(from, from + cut)))
        from += cut
      }
      expect(read.map((packet) => ({ ...packet, data: [...packet.data] }))).toEqual(
        packets.map((packet) => ({ ...packet, data: [...packet.data] })),
      )
    }),
  )
})

test('a changed bit is seen', () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(), (packet, at) => {
      const wire = encodePacket(packet)
      wire[at % wire.length]! ^= 1 << (at % 8)
      expect(() => decodePacket(wire)).toThrow('checksum')
    }),
  )
})
