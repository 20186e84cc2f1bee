import { describe, expect, test } from 'vitest'
import { ModbusRegister, type ModbusValueType } from '../profile/drivers/modbus.section.ts'
import { decodeValue, signedWord } from './decode.ts'

const register = (type: ModbusValueType, more: Partial<ModbusRegister> = {}): ModbusRegister =>
  ModbusRegister.parse({ function: 3, address: 0, type, ...more })

const mantissa = (
  type: ModbusValueType,
  words: number[],
  scale: number,
  more: Partial<ModbusRegister> = {},
) => decodeValue(register(type, more), words, scale).mantissa

describe('numbers as they stand in real meters', () => {
  // Words worked out by hand from IEEE 754 and two's complement, not by our encoder.
  test.each<[string, ModbusValueType, number[], number, Partial<ModbusRegister>, number]>([
    ['SDM630 voltage 230.1 V', 'float32', [0x4366, 0x199a], 1, {}, 2301],
    ['SDM630 energy 1234.56 kWh', 'float32', [0x449a, 0x51ec], 2, {}, 123_456],
    ['DTSU666 voltage 2301.0 ÷ 10', 'float32', [0x450f, 0xd000], 1, { factor: '0.1' }, 2301],
    ['iEM3000 power 1.5 kW in W', 'float32', [0x3fc0, 0x0000], 1, { factor: '1000' }, 15_000],
    ['iEM3000 energy 1,234,567 Wh', 's64', [0, 0, 0x0012, 0xd687], 3, { factor: '0.001' }, 1_234_567],
    ['B23 energy 12,345.67 kWh', 'u64', [0, 0, 0x0012, 0xd687], 2, { factor: '0.01' }, 1_234_567],
    ['B23 power −1.00 W', 's32', [0xffff, 0xff9c], 2, { factor: '0.01' }, -100],
    [
      'EM24 voltage 230.1 V, words swapped',
      's32',
      [0x08fd, 0x0000],
      1,
      { factor: '0.1', order: 'CDAB' },
      2301,
    ],
    ['EM24 power −1.0 W, words swapped', 's32', [0xfff6, 0xffff], 1, { factor: '0.1', order: 'CDAB' }, -10],
    [
      'PAC2200 energy 1,234,567.5 Wh',
      'float64',
      [0x4132, 0xd687, 0x8000, 0x0000],
      3,
      { factor: '0.001' },
      1_234_568,
    ],
    ['power factor −0.95', 's16', [0xfc4a], 3, { factor: '0.001' }, -950],
    ['u48', 'u48', [0x0001, 0x0000, 0x0002], 0, {}, 4_294_967_298],
    ['float16 1.5', 'float16', [0x3e00], 1, {}, 15],
    ['float16 smallest 2^-24 as 6e-8', 'float16', [0x0001], 9, {}, 60],
    ['bcd32 12345678', 'bcd32', [0x1234, 0x5678], 2, { factor: '0.01' }, 12_345_678],
    ['bcd16', 'bcd16', [0x0942], 0, {}, 942],
    ['bcd8 in the low byte', 'bcd8', [0xff42], 0, {}, 42],
    ['u8 in the low byte', 'u8', [0xab07], 0, {}, 7],
    ['u8 with swapped bytes', 'u8', [0x07ab], 0, { order: 'BADC' }, 7],
    ['s8', 's8', [0x00ff], 0, {}, -1],
    ['bits 4–6', 'bits', [0b0101_0000], 0, { shift: 4, width: 3 }, 5],
    ['one bit', 'bits', [0x8000], 0, { shift: 15 }, 1],
    ['offset after factor', 'u16', [250], 1, { factor: '0.1', offset: '-40' }, -150],
  ])('%s', (_, type, words, scale, more, expected) => {
    expect(mantissa(type, words, scale, more)).toBe(expected)
  })

  test.each([
    ['ABCD', [0x0102, 0x0304]],
    ['BADC', [0x0201, 0x0403]],
    ['CDAB', [0x0304, 0x0102]],
    ['DCBA', [0x0403, 0x0201]],
  ] as const)('order %s', (order, words) => {
    expect(mantissa('u32', [...words], 0, { order })).toBe(0x01020304)
  })

  test.each([
    ['ABCD', [0x0001, 0x0203, 0x0405, 0x0607]],
    ['BADC', [0x0100, 0x0302, 0x0504, 0x0706]],
    ['CDAB', [0x0607, 0x0405, 0x0203, 0x0001]],
    ['DCBA', [0x0706, 0x0504, 0x0302, 0x0100]],
  ] as const)('order %s of 64 bits', (order, words) => {
    expect(mantissa('u64', [...words], 0, { order })).toBe(0x0001020304050607)
  })
})

describe('rounding is half away from zero, on the decimal that the meter means', () => {
  test.each([
    [[0x3f9e, 0xb852], 2, 124], // 1.24 exactly as meant
    [[0x3f9e, 0x147b], 2, 124], // float32 of 1.235 lies below it; the meter means 1.235
    [[0xbf9e, 0x147b], 2, -124],
    [[0x3f00, 0x0000], 0, 1], // 0.5
    [[0xbf00, 0x0000], 0, -1],
  ])('float32 %j at %i places', (words, scale, expected) => {
    expect(mantissa('float32', words, scale)).toBe(expected)
  })

  test('integers', () => {
    expect(mantissa('u16', [1235], 2, { factor: '0.001' })).toBe(124)
    expect(mantissa('s16', [0x10000 - 1235], 2, { factor: '0.001' })).toBe(-124)
    expect(mantissa('s16', [0x10000 - 1234], 2, { factor: '0.001' })).toBe(-123)
  })

  test('minus zero is zero', () => {
    expect(Object.is(mantissa('float32', [0x8000, 0], 2), -0)).toBe(false)
    expect(Object.is(mantissa('u16', [0], 1, { factor: '-0.1' }), -0)).toBe(false)
  })
})

describe('what is not a value', () => {
  test.each<[string, ModbusValueType, number[], Partial<ModbusRegister>, RegExp]>([
    ['NaN', 'float32', [0x7fc0, 0], {}, /not a number/],
    ['infinity', 'float32', [0xff80, 0], {}, /infinite/],
    ['NaN of 16 bits', 'float16', [0x7e00], {}, /not a number/],
    ['NaN of 64 bits', 'float64', [0x7ff8, 0, 0, 0], {}, /not a number/],
    ['sentinel', 's32', [0x7fff, 0xffff], { invalid: ['7fffffff'] }, /no value \(0x7fffffff\)/],
    [
      'sentinel of 64 bits, swapped',
      'u64',
      [0xfffe, 0xffff, 0xffff, 0xffff],
      { invalid: ['fffffffffffffffe'], order: 'CDAB' },
      /no value/,
    ],
    ['letters in BCD', 'bcd16', [0x1a00], {}, /not BCD/],
    ['too large to be exact', 'u64', [0x0020, 0, 0, 0], {}, /exact range/],
    ['too large after scaling', 'float32', [0x7f00, 0], {}, /exact range/],
    ['a word is missing', 'u32', [1], {}, /1 registers of u32 are missing/],
  ])('%s', (_, type, words, more, reason) => {
    const result = decodeValue(register(type, more), words, 2)
    expect(result.mantissa).toBeNull()
    expect(result.invalid).toMatch(reason)
  })

  test('the largest exact number still is one', () => {
    expect(mantissa('u64', [0x001f, 0xffff, 0xffff, 0xffff], 0)).toBe(Number.MAX_SAFE_INTEGER)
  })
})

test('power of ten from its own register', () => {
  const reg = register('u16', { exponentAddress: 9 })
  expect(decodeValue(reg, [123], 3, signedWord(0xfffe)).mantissa).toBe(1230)
  expect(decodeValue(reg, [123], 0, 2).mantissa).toBe(12_300)
  expect(decodeValue(reg, [123], 0, signedWord(0x8000)).invalid).toMatch(/power of ten/)
})

test('coils are numbers of 0 and 1', () => {
  expect(decodeValue(ModbusRegister.parse({ function: 1, address: 0, type: 'bits' }), [1], 0).mantissa).toBe(
    1,
  )
})
