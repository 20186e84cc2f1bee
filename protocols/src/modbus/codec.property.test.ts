import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../contract/app-error.ts'
import { ModbusRegister, type ModbusValueType } from '../profile/drivers/modbus.section.ts'
import { divideRounded, formatUnits, parseDecimal, unitsAt } from '../decimal/index.ts'
import { decodeValue } from './decode.ts'
import { encodeValue } from './encode.ts'
import { bitsFromFloat16, float16FromBits, shortestDecimal } from './float.ts'
import { registerWidth } from './value-type.ts'

const order = fc.constantFrom('ABCD', 'BADC', 'CDAB', 'DCBA')
const scale = fc.integer({ min: 0, max: 9 })

const limits: Partial<Record<ModbusValueType, [number, number]>> = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffff_ffff],
  u48: [0, 2 ** 48 - 1],
  u64: [0, Number.MAX_SAFE_INTEGER],
  s8: [-0x80, 0x7f],
  s16: [-0x8000, 0x7fff],
  s32: [-0x8000_0000, 0x7fff_ffff],
  s64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  bcd8: [0, 99],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
}

describe('encode and decode are inverse', () => {
  test.each(Object.entries(limits) as [ModbusValueType, [number, number]][])('%s', (type, [min, max]) => {
    fc.assert(
      fc.property(order, scale, fc.maxSafeInteger(), (wordOrder, places, any) => {
        const raw = min + (Math.abs(any) % (max - min + 1))
        const factor = places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`
        const register = ModbusRegister.parse({ function: 3, address: 0, type, order: wordOrder, factor })
        const words = encodeValue(register, raw, places)
        expect(words).toHaveLength(registerWidth(type))
        expect(words.every((word) => word >= 0 && word <= 0xffff)).toBe(true)
        expect(decodeValue(register, words, places).mantissa).toBe(raw)
      }),
    )
  })

  test('bits keep to their field', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 1, max: 16 }),
        fc.nat(0xffff),
        order,
        (shift, size, value, o) => {
          const width = Math.min(size, 16 - shift)
          const register = ModbusRegister.parse({
            function: 3,
            address: 0,
            type: 'bits',
            shift,
            width,
            order: o,
          })
          const field = value & (2 ** width - 1)
          expect(decodeValue(register, encodeValue(register, field, 0), 0).mantissa).toBe(field)
        },
      ),
    )
  })

  test.each([
    ['float32', 999_999],
    ['float64', 999_999_999_999_999],
    ['float16', 999],
  ] as const)('%s holds every decimal of its precision', (type, most) => {
    fc.assert(
      fc.property(
        order,
        fc.integer({ min: 0, max: type === 'float16' ? 2 : 6 }),
        fc.integer({ min: -most, max: most }),
        (o, places, value) => {
          const register = ModbusRegister.parse({ function: 4, address: 0, type, order: o })
          expect(decodeValue(register, encodeValue(register, value, places), places).mantissa).toBe(value + 0)
        },
      ),
    )
  })

  test('with factor, offset and power of ten', () => {
    const factors = fc.constantFrom('0.1', '0.25', '3', '-0.01', '1000', '0.0036')
    fc.assert(
      fc.property(
        factors,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -30_000, max: 30_000 }),
        (factor, exponent, raw) => {
          const register = ModbusRegister.parse({
            function: 3,
            address: 0,
            type: 's16',
            factor,
            offset: '-273.15',
          })
          const { mantissa } = decodeValue(register, [raw & 0xffff], 9, exponent)
          if (mantissa !== null) expect(encodeValue(register, mantissa, 9, exponent)).toEqual([raw & 0xffff])
        },
      ),
    )
  })
})

/** The slow road, by the definition: shortest decimal, then rounded half away from zero. */
function byDefinition(value: number, places: number): number | null {
  const units = Number(unitsAt(shortestDecimal(value, 32), places))
  return Number.isSafeInteger(units) ? units : null
}

test('the quick road of float32 gives what the definition gives', () => {
  const register = ModbusRegister.parse({ function: 4, address: 0, type: 'float32' })
  const near = fc
    .tuple(fc.integer({ min: -20_000_000, max: 20_000_000 }), fc.integer({ min: 0, max: 4 }))
    .map(([n, p]) => Math.fround((n + 0.5) / 10 ** p))
  fc.assert(
    fc.property(
      fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), near),
      scale,
      (value, places) => {
        const view = new DataView(new ArrayBuffer(4))
        view.setFloat32(0, value)
        const words = [view.getUint16(0), view.getUint16(2)]
        expect(decodeValue(register, words, places).mantissa).toBe(byDefinition(value, places))
      },
    ),
    { numRuns: 5000 },
  )
})

test('any words decode to a safe integer or a reason, never to an exception', () => {
  const type = fc.constantFrom(
    ...(['u8', 'u64', 's64', 'float16', 'float32', 'float64', 'bcd8', 'bcd16', 'bcd32'] as const),
  )
  const words = fc.array(fc.nat(0xffff), { minLength: 0, maxLength: 4 })
  fc.assert(
    fc.property(type, order, words, scale, fc.integer({ min: -40, max: 40 }), (t, o, w, places, exponent) => {
      const register = ModbusRegister.parse({ function: 3, address: 0, type: t, order: o, factor: '0.001' })
      const { mantissa, invalid } = decodeValue(register, w, places, exponent)
      if (mantissa === null) expect(invalid).toBeTypeOf('string')
      else expect(Number.isSafeInteger(mantissa)).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test('float16: every bit pattern comes back', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = float16FromBits(bits)
    if (!Number.isNaN(value)) expect(bitsFromFloat16(value)).toBe(bits)
  }
})

test('a value that does not fit is refused, with the register', () => {
  const register = ModbusRegister.parse({ function: 3, address: 7, type: 'u16', factor: '0.1' })
  const attempt = () => encodeValue(register, 65_536, 1)
  expect(attempt).toThrow(AppError)
  expect(attempt).toThrow(expect.objectContaining({ code: 'modbus.value_out_of_range' }) as Error)
  expect(() =>
    encodeValue(ModbusRegister.parse({ ...register, type: 'float16', factor: '1' }), 70_000, 0),
  ).toThrow(AppError)
})

describe('decimals', () => {
  test('division rounds half away from zero', () => {
    expect([5n, -5n, 15n, 14n, -14n, -15n].map((n) => divideRounded(n, 10n))).toEqual([
      1n,
      -1n,
      2n,
      1n,
      -1n,
      -2n,
    ])
    expect(divideRounded(5n, -10n)).toBe(-1n)
  })

  test('text and units are inverse', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), scale, (units, places) => {
        const text = formatUnits(units, places)
        expect(text).toMatch(/^-?\d+(\.\d+)?$/)
        expect(unitsAt(parseDecimal(text), places)).toBe(BigInt(units))
      }),
    )
    expect([formatUnits(-5, 2), formatUnits(1200n, 2), formatUnits(7, 0)]).toEqual(['-0.05', '12.00', '7'])
  })
})
