import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../contract/app-error.ts'
import { formatUnits, parseDecimal } from '../decimal/index.ts'
import { bytesFromHex, FrameScanner, hexText } from '../meter-bus/index.ts'
import {
  addressRequest, cjt188Format, clockRequest, convertUnit, decodeClock, decodeFrame, decodeValue, encodeClock, encodeFrame,
  isTargetUnit, MAX_FRAME_BYTES, readAddressRequest, readRequest, replyTo, valveRequest,
  type Cjt188Frame, type Cjt188Reply, type Cjt188Target, type Cjt188ValueForm, type DiOrder,
} from './index.ts' // prettier-ignore

const frame = (hex: string) => decodeFrame(bytesFromHex(hex))
const wire = (request: Cjt188Frame) => hexText(encodeFrame(request, 0))
const target = (address: string, diOrder: DiOrder = 'highFirst', meterType = 0x10): Cjt188Target => ({
  meterType,
  address,
  diOrder,
})
const volume: Cjt188ValueForm = { offset: 0, length: 4, places: 2, unitByte: true, form: 'bcd' }

function valueOf(form: Cjt188ValueForm, data: Uint8Array, unit: string, scale: number): string {
  const { value, invalid } = decodeValue(form, data, unit, scale)
  return value ? formatUnits(value.units, value.places) : invalid
}
function answered(request: Cjt188Frame, hex: string): Uint8Array {
  return (replyTo(request, frame(hex)) as Extract<Cjt188Reply, { kind: 'data' }>).data
}

/**
 * Captures that others published, found on GitHub by their bytes; every checksum was verified. Origins: [1]
 * python_cjt188 (read from a DN15 meter); [2] a Lua script for an Air724 gateway; [3] CJT188ProtocolFrame tests in Java;
 * [4] a C++ reader; [5] a Qt reader; [6] an Android parser of DTU frames.
 */
const water: [origin: string, reply: string, address: string, serial: number, volume: string, before: string][] = [
  ['1', 'FE FE FE 68 10 12 00 00 00 00 00 00 81 16 90 1F 00 10 00 10 00 2C 10 00 10 00 2C 00 00 00 00 00 00 00 00 FF 67 16', '00000000000012', 0, '1000.10', '1000.10'],
  ['2', 'FE FE FE 68 10 18 00 00 40 40 92 00 81 16 90 1F 00 29 00 00 00 2C 29 00 00 00 2C 00 00 00 00 00 00 00 00 23 B5 16', '00924040000018', 0, '0.29', '0.29'],
  ['3', 'FE FE FE 68 10 01 00 00 05 08 00 00 81 16 90 1F 00 00 23 01 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 48 16', '00000805000001', 0, '123.00', '0.00'],
  ['3', 'FE FE FE 68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 00 00 FF 85 16', '00002020120218', 0, '2.00', '2.00'],
  ['3', '68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16', '78330011223344', 0, '556677.00', '556677.00'],
  ['4', '68 10 50 54 77 11 18 00 00 81 16 1F 90 00 00 00 00 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 5A 16', '00001811775450', 0, '0.00', '0.00'],
  ['5', 'FE FE 68 10 26 13 06 07 00 33 78 81 16 1F 90 04 00 68 00 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 73 16', '78330007061326', 4, '68.00', '0.00'],
  ['6', '68 10 69 00 01 07 17 20 00 81 16 1F 90 02 00 00 00 00 2C 00 00 00 00 2C 59 54 16 19 08 17 20 13 01 EF 16', '00201707010069', 2, '0.00', '0.00'],
] // prettier-ignore

describe('water', () => {
  test.each(water)('capture [%s] %s', (_, hex, address, serial, current, settled) => {
    for (const order of ['highFirst', 'lowFirst'] as const) {
      const data = answered(readRequest(target(address, order), '901F', serial), hex)
      expect(data).toHaveLength(19)
      expect(valueOf(volume, data, 'm³', 2)).toBe(current)
      expect(valueOf({ ...volume, offset: 5 }, data, 'm³', 2)).toBe(settled)
    }
    expect(hexText(encodeFrame(frame(hex), 0))).toBe(hex.replace(/^(FE )+/, ''))
  })

  test('the reply whose checksum is wrong, however often it is copied, is none', () => {
    const hex = '68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 08 16' // prettier-ignore
    expect(() => frame(hex)).toThrow(/checksum at byte 0/)
    expect(new FrameScanner(cjt188Format).push(bytesFromHex(hex))).toEqual([])
  })

  test('its clock and status', () => {
    const data = answered(readRequest(target('78330011223344'), '901F', 0), water[4]![1])
    expect(decodeClock(data.subarray(10, 17))).toEqual({ year: 2015, month: 5, day: 11, hour: 22, minute: 1, second: 31 }) // prettier-ignore
    const bits = (shift: number, width: number): Cjt188ValueForm => ({ offset: 17, length: 2, places: 0, unitByte: false, form: 'bits', shift, width }) // prettier-ignore
    expect([valueOf(bits(0, 2), data, '', 0), valueOf(bits(2, 1), data, '', 0), valueOf(bits(5, 1), data, '', 0)]).toEqual(['1', '0', '1']) // prettier-ignore
    expect(decodeClock(new Uint8Array(7))).toBeNull()
    expect(decodeClock(bytesFromHex('00 00 00 30 02 26 20'))).toBeNull()
    expect(decodeClock(bytesFromHex('FF FF FF FF FF FF FF'))).toBeNull()
  })
})

describe('heat', () => {
  /** A C# test server's sample and the worked example of "CJ/T-188 冷热量表协议解析2" (cnblogs llguanli 8683992). */
  const captures = {
    unitFirst: '68 20 38 04 21 08 00 59 42 81 2E 90 1F 00 05 19 28 53 00 05 19 28 53 00 17 00 00 00 00 35 00 00 00 00 2C 42 33 18 00 03 19 00 10 19 00 61 27 00 26 57 23 31 03 15 20 03 01 F7 16',
    megawattHours: '68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 16',
  } // prettier-ignore
  const at = (offset: number, length: number, places: number, unitFirst = true): Cjt188ValueForm => ({ offset, length, places, unitByte: unitFirst, unitFirst, form: 'bcd' }) // prettier-ignore

  test('values with the unit before them', () => {
    const data = answered(
      readRequest(target('42590008210438', 'highFirst', 0x20), '901F', 0),
      captures.unitFirst,
    )
    expect(valueOf(at(6, 4, 2), data, 'kWh', 2)).toBe('5328.19')
    expect(valueOf(at(11, 4, 2), data, 'W', 0)).toBe('0')
    expect(valueOf(at(21, 4, 2), data, 'm³', 2)).toBe('1833.42')
    expect(valueOf(at(25, 3, 2, false), data, '°C', 2)).toBe('19.03')
    expect(valueOf(at(31, 3, 0, false), data, 'h', 0)).toBe('2761')
    expect(decodeClock(data.subarray(34, 41))).toMatchObject({ year: 2015, month: 3, day: 31, hour: 23 })
  })

  test('megawatt-hours become kilowatt-hours', () => {
    const data = answered(readRequest(target('00000040314132', 'highFirst', 0x20), '901F', 1), captures.megawattHours) // prettier-ignore
    expect(valueOf(at(6, 4, 2), data, 'kWh', 2)).toBe('20.00')
    expect(valueOf(at(21, 4, 2), data, 'm³', 2)).toBe('10.34')
  })
})

describe('requests, byte by byte', () => {
  test.each<[string, Cjt188Frame, string]>([
    ['facts page', readRequest(target('00002020120218'), '901F', 0), '68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16'],
    ['hftangyu.com/563', readRequest(target('78330011223344', 'lowFirst'), '901F', 0), '68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16'],
    ['[1]', readRequest(target('00000000000012'), '901F', 0), '68 10 12 00 00 00 00 00 00 01 03 90 1F 00 3D 16'],
    ['cnblogs llguanli 8683992', readRequest(target('00000040314132', 'highFirst', 0x20), '901F', 1), '68 20 32 41 31 40 00 00 00 01 03 90 1F 01 20 16'],
    ['read address [1]', readAddressRequest('highFirst', 0), '68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16'],
    ['open the valve ("CJ/T-188 水表协议解析 2")', valveRequest(target('78331505900569'), 'open', 1), '68 10 69 05 90 05 15 33 78 04 04 A0 17 01 55 50 16'],
    ['close the valve (same)', valveRequest(target('78331505900569'), 'close', 1), '68 10 69 05 90 05 15 33 78 04 04 A0 17 01 99 94 16'],
  ])('%s', (_, request, expected) => expect(wire(request)).toBe(expected)) // prettier-ignore

  test('clock and address', () => {
    const time = { year: 2026, month: 11, day: 22, hour: 1, minute: 2, second: 3 }
    const clock = clockRequest(target('00000000000012', 'lowFirst'), 9, time)
    expect(hexText(clock.data)).toBe('15 A0 09 03 02 01 22 11 26 20')
    expect(decodeClock(encodeClock(time))).toEqual(time)
    const address = addressRequest(target('00000000000012'), 0, '12345678901234')
    expect([address.control, hexText(address.data)]).toEqual([0x15, 'A0 18 00 34 12 90 78 56 34 12'])
    const answer = { ...address, address: '12345678901234', control: 0x95 }
    expect(replyTo(address, answer)).toMatchObject({ kind: 'done' })
  })

  test('what cannot be written is refused', () => {
    for (const make of [
      () => encodeFrame(readRequest(target('123'), '901F', 0)),
      () => readRequest(target('00000000000012'), '901', 0),
      () => addressRequest(target('00000000000012'), 0, '1'),
    ])
      expect(make).toThrow(AppError)
  })
})

describe('replies', () => {
  const request = readRequest(target('00000000000012'), '901F', 7)
  const answer = { ...request, control: 0x81, data: Uint8Array.of(0x90, 0x1f, 7, 1, 2) }

  test('an address is in the head [1]', () => {
    const reply = replyTo(readAddressRequest('highFirst', 0), frame('FE FE FE 68 10 12 00 00 00 00 00 00 83 03 81 0A 00 9B 16')) // prettier-ignore
    expect(reply).toEqual({ kind: 'address', meterType: 0x10, address: '00000000000012' })
  })

  test('what is not the answer is nobody’s', () => {
    expect(replyTo(request, answer)).toEqual({ kind: 'data', data: Uint8Array.of(1, 2) })
    expect(replyTo(request, request)).toBeNull()
    expect(replyTo(request, { ...answer, meterType: 0x11 })).toBeNull()
    expect(replyTo(request, { ...answer, address: '00000000000013' })).toBeNull()
    expect(replyTo(request, { ...answer, control: 0x84 })).toBeNull()
    expect(replyTo(request, { ...answer, data: Uint8Array.of(0x90, 0x1f, 6) })).toBeNull()
    expect(replyTo(request, { ...answer, data: Uint8Array.of(0x81, 0x0a, 7) })).toBeNull()
    expect(() => replyTo(request, { ...answer, data: Uint8Array.of(0x90) })).toThrow(AppError)
  })

  test('a refusal', () => {
    expect(replyTo(request, { ...answer, control: 0xc1, data: Uint8Array.of(7, 0, 0) })).toEqual({
      kind: 'refused',
      reason: 'data 07 00 00',
    })
  })
})

describe('units', () => {
  const convert = (text: string, code: number, unit: string, places: number) => {
    const value = convertUnit(parseDecimal(text), code, unit, places)
    return value && formatUnits(value.units, value.places)
  }
  test('CJ/T 188-2004, table 13', () => {
    expect(convert('12.34', 0x2c, 'm³', 2)).toBe('12.34')
    expect(convert('12.34', 0x2b, 'm³', 3)).toBe('1.234')
    expect(convert('1234', 0x29, 'm³', 3)).toBe('1.234')
    expect(convert('12.34', 0x05, 'kWh', 2)).toBe('12.34')
    expect(convert('12.34', 0x0a, 'kWh', 2)).toBe('1234000.00')
    expect(convert('1', 0x11, 'kWh', 3)).toBe('277.778')
    expect(convert('0.36', 0x11, 'kWh', 2)).toBe('100.00')
    expect(convert('12.34', 0x13, 'GJ', 2)).toBe('1234.00')
    expect(convert('1.5', 0x17, 'W', 0)).toBe('1500')
    expect(convert('1', 0x35, 'm³/h', 4)).toBe('1.0000')
    expect(convert('500', 0x32, 'm³/h', 4)).toBe('0.5000')
    expect(convert('3.6', 0x46, 'W', 0)).toBe('1000')
  })
  test('an unknown unit, or one of something else, is no number', () => {
    for (const code of [0x00, 0x20, 0x2f, 0x53, 0xff]) expect(convert('1', code, 'm³', 2)).toBeNull()
    expect(convert('1', 0x05, 'm³', 2)).toBeNull()
    expect(convert('1', 0x2c, 'barrel', 2)).toBeNull()
    expect(isTargetUnit('m³') && !isTargetUnit('barrel')).toBe(true)
    const data = bytesFromHex('00 01 00 00 2F')
    expect(decodeValue(volume, data, 'm³', 2)).toEqual({ value: null, invalid: 'unit 2F is none of m³' })
    expect(decodeValue(volume, bytesFromHex('FF FF FF FF 2C'), 'm³', 2).value).toBeNull()
    expect(decodeValue(volume, bytesFromHex('00 01 00 00'), 'm³', 2).value).toBeNull()
  })
})

describe('properties', () => {
  const frames = fc.record<Cjt188Frame>({
    meterType: fc.nat(255),
    address: fc
      .bigInt({ min: 0n, max: 16n ** 14n - 1n })
      .map((n) => n.toString(16).toUpperCase().padStart(14, '0')),
    control: fc.nat(255),
    data: fc.uint8Array({ maxLength: 255 }),
  })
  test('a frame comes back, also out of chunks behind rubbish', () => {
    const rubbish = fc.array(fc.constantFrom(0x68, 0x16, 0xfe, 0x00, 0xff), { maxLength: 60 })
    fc.assert(
      fc.property(frames, fc.nat(12), rubbish, fc.nat(300), (sent, preamble, before, cut) => {
        expect(decodeFrame(encodeFrame(sent, preamble))).toEqual(sent)
        const silence = Array<number>(MAX_FRAME_BYTES).fill(0)
        const bytes = Uint8Array.from([...before, ...encodeFrame(sent, preamble), ...silence])
        const scanner = new FrameScanner(cjt188Format)
        const found = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
        // A false beginning in the rubbish may by chance be a frame with a right sum that swallows the true one.
        if (before.every((byte) => byte !== 0x68)) expect(found).toContainEqual(sent)
      }),
    )
  })
  test('any bytes give frames, null or an AppError, and the scanner keeps no more than a frame', () => {
    const asked = readRequest(target('00000000000012'), '901F', 0)
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), frames, (chunks, sent) => {
        const scanner = new FrameScanner(cjt188Format)
        for (const any of [...chunks.flatMap((chunk) => scanner.push(chunk)), { ...sent, ...asked, control: sent.control, data: sent.data }]) {
          try {
            const reply = replyTo(asked, any)
            if (reply?.kind === 'data') decodeValue(volume, reply.data, 'm³', 2)
          } catch (error) {
            expect(error).toBeInstanceOf(AppError)
          }
        }
        expect((scanner as unknown as { pending: Uint8Array }).pending.length).toBeLessThan(MAX_FRAME_BYTES)
      }),
    ) // prettier-ignore
  })
})
