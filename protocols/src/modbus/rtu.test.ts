import { describe, expect, test } from 'vitest'
import { encodeRead, encodeWrite, decodeAnswer } from './pdu.ts'
import { decodeIdentification, encodeIdentificationRequest } from './identification.ts'
import { decodeRtu, encodeRtu, explainRtu, findRtuReply, RtuRequestReader, rtuSilenceMs } from './rtu.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

/** Frames of manuals and of the standard's examples; nothing of ours. */
test.each([
  ['read ten registers of unit 1', 1, encodeRead({ function: 3, address: 0, count: 10 }), '01 03 00 00 00 0A C5 CD'],
  ['read coils 1–8', 1, encodeRead({ function: 1, address: 0, count: 8 }), '01 01 00 00 00 08 3D CC'],
  ['two coils of unit 17', 17, encodeRead({ function: 1, address: 0, count: 2 }), '11 01 00 00 00 02 BF 5B'],
  ['close a relay', 1, encodeWrite({ function: 5, address: 0, values: [1] }), '01 05 00 00 FF 00 8C 3A'],
  ['open a relay', 1, encodeWrite({ function: 5, address: 3, values: [0] }), '01 05 00 03 00 00 3D CA'],
  ['a float by function 16', 1, encodeWrite({ function: 16, address: 0x2a, values: [0x3f80, 0] }), '01 10 00 2A 00 02 04 3F 80 00 00 7C 34'],
  ['one register', 17, encodeWrite({ function: 6, address: 1, values: [3] }), '11 06 00 01 00 03 9A 9B'],
])('%s', (_name, unitId, pdu, frame) => {
  expect(hex(encodeRtu({ unitId, pdu }))).toBe(hex(bytes(frame)))
  expect(decodeRtu(bytes(frame))).toEqual({ unitId, pdu })
}) // prettier-ignore

test('coils stand in bytes, the first in the lowest bit (6.11: CD 01)', () => {
  const values = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0]
  expect(hex(encodeWrite({ function: 15, address: 0x13, values }))).toBe('0f0013000a02cd01')
})

test.each([
  () => encodeRead({ function: 3, address: 0, count: 126 }),
  () => encodeRead({ function: 3, address: 65535, count: 2 }),
  () => encodeWrite({ function: 16, address: 0, values: new Array<number>(124).fill(0) }),
  () => encodeWrite({ function: 5, address: 0, values: [2] }),
  () => encodeWrite({ function: 6, address: 0, values: [65536] }),
])('what the standard forbids is not sent (%#)', (encode) => {
  expect(encode).toThrow(expect.objectContaining({ code: 'modbus.bad_request' }))
})

describe('the reply to a request', () => {
  const request = encodeRead({ function: 3, address: 0, count: 2 })
  const good = encodeRtu({ unitId: 7, pdu: bytes('03 04 11 22 33 44') })
  const found = (received: Uint8Array) => findRtuReply(received, 7, request)
  const join = (...parts: Uint8Array[]) => Buffer.concat(parts)

  test('is found whole, behind noise and behind the late reply of another unit', () => {
    expect(hex(found(good)!)).toBe('030411223344')
    expect(hex(found(join(bytes('00 ff 07'), good))!)).toBe('030411223344')
    expect(hex(found(join(encodeRtu({ unitId: 6, pdu: bytes('03 04 55 55 55 55') }), good))!)).toBe(
      '030411223344',
    )
    for (let cut = 0; cut < good.length; cut++) expect(found(good.subarray(0, cut))).toBeNull()
  })

  test('is never one of another unit, function, length, or with a wrong checksum', () => {
    const reply = (unitId: number, pdu: string) => encodeRtu({ unitId, pdu: bytes(pdu) })
    expect(found(reply(8, '03 04 11 22 33 44'))).toBeNull()
    expect(found(reply(7, '04 04 11 22 33 44'))).toBeNull()
    expect(found(reply(7, '03 02 11 22'))).toBeNull()
    expect(found(reply(7, '84 02'))).toBeNull()
    expect(found(good.map((byte, i) => (i === 4 ? byte ^ 1 : byte)))).toBeNull()
  })

  test('may be an exception', () => {
    const pdu = found(encodeRtu({ unitId: 7, pdu: bytes('83 02') }))!
    expect(decodeAnswer(request, pdu)).toEqual({ exception: 2 })
  })

  test('of a write is its echo', () => {
    const write = encodeWrite({ function: 16, address: 10, values: [1, 2] })
    const echo = encodeRtu({ unitId: 7, pdu: bytes('10 00 0a 00 02') })
    expect(decodeAnswer(write, findRtuReply(echo, 7, write)!)).toEqual({ exception: null, words: [] })
    expect(findRtuReply(encodeRtu({ unitId: 7, pdu: bytes('10 00 0b 00 02') }), 7, write)).toBeNull()
  })

  test('what came instead is told in words', () => {
    const told = (received: Uint8Array) => explainRtu(received, 7, request)
    expect(told(encodeRtu({ unitId: 8, pdu: bytes('03 02 11 22') }))).toBe(
      'a reply of unit 8 in place of unit 7',
    )
    expect(told(encodeRtu({ unitId: 7, pdu: bytes('04 02 11 22') }))).toBe(
      'a reply of function 4 in place of 3',
    )
    expect(told(bytes('07 03 04'))).toBe('3 bytes without a reply whose checksum is right')
  })

  test('device identification has objects of their own lengths', () => {
    // Application Protocol 6.21.1, example of a basic identification.
    const pdu = Uint8Array.from([
      ...[0x2b, 0x0e, 1, 1, 0, 0, 3, 0, 0x16, ...Buffer.from('Company identification')],
      ...[1, 0x0a, ...Buffer.from('Product XX')],
      ...[2, 5, ...Buffer.from('V2.11')],
    ])
    const frame = encodeRtu({ unitId: 7, pdu })
    const reply = findRtuReply(frame, 7, encodeIdentificationRequest())!
    expect(decodeIdentification(reply)).toEqual({
      ...{ vendor: 'Company identification', product: 'Product XX', revision: 'V2.11' },
    })
    expect(findRtuReply(frame.subarray(0, -1), 7, encodeIdentificationRequest())).toBeNull()
    expect(() => decodeIdentification(pdu.subarray(0, 20))).toThrow(
      expect.objectContaining({ code: 'modbus.bad_reply' }),
    )
  })
})

test('silence is 3.5 characters, 1.75 ms above 19200 (2.5.1.1)', () => {
  expect(rtuSilenceMs(9600, 10 / 9.6)).toBeCloseTo(3.646, 3)
  expect(rtuSilenceMs(19_200, 11 / 19.2)).toBeCloseTo(2.005, 3)
  expect(rtuSilenceMs(115_200, 10 / 115.2)).toBe(1.75)
})

test('requests are cut out of chunks, noise passed over', () => {
  const reader = new RtuRequestReader()
  const first = bytes('01 03 00 00 00 0A C5 CD')
  const second = bytes('01 10 00 2A 00 02 04 3F 80 00 00 7C 34')
  expect(reader.push(Buffer.concat([bytes('ff 00 13'), first, second.subarray(0, 4)]))).toHaveLength(1)
  expect(reader.push(second.subarray(4)).map(({ pdu }) => pdu[0])).toEqual([16])
  expect(reader.push(bytes('01 07 41 E2'))).toEqual([])
  expect(reader.silence()).toEqual({ unitId: 1, pdu: bytes('07') })
  expect(reader.silence()).toBeNull()
})
