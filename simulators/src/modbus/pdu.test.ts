import { DeviceProfile } from '@courtyard/protocols/profile'
import { describe, expect, test } from 'vitest'
import { fillWords, RegisterLayout } from './layout.ts'
import { exceptionReply, parseReadRequest, readReply } from './pdu.ts'

const bytes = (hex: string) => Uint8Array.from(hex.split(' '), (byte) => parseInt(byte, 16))

describe('requests and replies of the standard', () => {
  // Examples of V1.1b3, sections 6.1 to 6.4.
  test('read coils', () => {
    expect(parseReadRequest(bytes('01 00 13 00 13'))).toEqual({ function: 1, address: 0x13, count: 0x13 })
    const coils = Uint16Array.from('1011001111010110101'.split(''), Number)
    expect(readReply(1, coils)).toEqual(bytes('01 03 cd 6b 05'))
  })

  test('read discrete inputs', () => {
    const inputs = Uint16Array.from('0011010111011011101011'.split(''), Number)
    expect(readReply(2, inputs)).toEqual(bytes('02 03 ac db 35'))
  })

  test('read holding registers', () => {
    expect(parseReadRequest(bytes('03 00 6b 00 03'))).toEqual({ function: 3, address: 0x6b, count: 3 })
    expect(readReply(3, Uint16Array.of(0x022b, 0, 0x64))).toEqual(bytes('03 06 02 2b 00 00 00 64'))
  })

  test('read input registers', () => {
    expect(readReply(4, Uint16Array.of(0x0a))).toEqual(bytes('04 02 00 0a'))
    expect(exceptionReply(4, 2)).toEqual(bytes('84 02'))
  })

  test.each([
    ['a function that only writes', '06 00 01 00 03', 1],
    ['no register', '03 00 00 00 00', 3],
    ['126 registers', '03 00 00 00 7e', 3],
    ['2001 bits', '01 00 00 07 d1', 3],
    ['a request too short', '03 00 00 00', 3],
    ['a request too long', '03 00 00 00 01 00', 3],
    ['an end beyond 65535', '03 ff ff 00 02', 2],
  ])('refuses %s', (_, hex, code) => {
    expect(parseReadRequest(bytes(hex))).toBe(code)
  })

  test('takes the most that is allowed', () => {
    expect(parseReadRequest(bytes('04 00 00 00 7d'))).toMatchObject({ count: 125 })
    expect(parseReadRequest(bytes('02 00 00 07 d0'))).toMatchObject({ count: 2000 })
  })
})

describe('a device’s registers', () => {
  const label = { zh: '点', en: 'point' }
  const point = (key: string, modbus: object) => ({
    key,
    label,
    kind: 'state',
    code: '',
    unit: '',
    scale: 0,
    group: 'g',
    modbus,
  })
  const profile = DeviceProfile.parse({
    ...{
      id: 'test',
      manufacturer: 'm',
      model: 'm',
      label,
      medium: 'equipment',
      driver: 'modbus',
      sources: ['test'],
    },
    modbus: {},
    groups: { g: { intervalMs: 1000 } },
    points: [
      point('wide', { function: 3, address: 10, type: 'u32' }),
      point('low', { function: 3, address: 12, type: 'bits', shift: 0, width: 4 }),
      point('high', { function: 3, address: 12, type: 'bits', shift: 8, width: 4 }),
      point('door', { function: 2, address: 5, type: 'bits' }),
    ],
  })
  const layout = new RegisterLayout(profile)
  const shown = (one: { key: string }) => ({ wide: 0x01020304, low: 5, high: 9, door: 1 })[one.key]!
  const read = (fn: 2 | 3, address: number, count: number) => {
    const plan = layout.plan(fn, address, count)
    return plan && [...fillWords(plan, count, shown)]
  }

  test('a whole block, and any part of it', () => {
    expect(read(3, 10, 3)).toEqual([0x0102, 0x0304, 0x0905])
    expect(read(3, 11, 1)).toEqual([0x0304])
    expect(read(3, 11, 2)).toEqual([0x0304, 0x0905])
    expect(read(2, 5, 1)).toEqual([1])
  })

  test('refuses what is not declared', () => {
    expect([read(3, 9, 2), read(3, 12, 2), read(3, 10, 4), read(2, 4, 1)]).toEqual([null, null, null, null])
    expect([1, 2, 3, 4].map((fn) => layout.supports(fn))).toEqual([false, true, true, false])
  })
})
