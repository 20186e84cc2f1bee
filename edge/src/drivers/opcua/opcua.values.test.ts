import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { Quality } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import { parseBrowseName, withNamespaceIndex, atRoot } from './node-names.ts'
import { behindRead, changeTime } from './opcua.times.ts'
import { BuiltIn, decimalOf, fingerprint, qualityOf, readingFrom } from './opcua.values.ts'
import { PointWatch } from './point-watch.ts'
import { writeValue } from './write-value.ts'

const scalar = (dataType: number, value: unknown) => ({ dataType, arrayType: 0, value })
const good = { value: 0, name: 'Good' }
const text = (dataType: number, value: unknown) => {
  const decimal = decimalOf(scalar(dataType, value))
  if (decimal === null) return null
  // Zeros at the end are no digits of the value.
  return formatUnits(decimal.units, Math.max(0, decimal.places))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}

describe('values', () => {
  test.each<[string, number, unknown, string | null]>([
    ['a float means its shortest decimal', BuiltIn.float, Math.fround(230.1), '230.1'],
    ['a double too', BuiltIn.double, 0.1, '0.1'],
    ['a whole float', BuiltIn.float, 42, '42'],
    ['64 bits beyond a double', BuiltIn.uInt64, [0xffff_ffff, 0xffff_ffff], '18446744073709551615'],
    ['64 bits with sign', BuiltIn.int64, [0xffff_ffff, 0xffff_fffe], '-2'],
    ['a truth', BuiltIn.boolean, true, '1'],
    ['a text that is a number', BuiltIn.string, ' 12.50 ', '12.5'],
    ['a text that is none', BuiltIn.string, '12.5 kWh', null],
    ['seconds of a time', BuiltIn.dateTime, new Date(1_700_000_000_500), '1700000000.5'],
    ['not a number', BuiltIn.double, NaN, null],
    ['without end', BuiltIn.float, Infinity, null],
    ['nothing', BuiltIn.float, null, null],
  ])('%s', (_, type, value, expected) => expect(text(type, value)).toBe(expected))

  test('an array is no value', () => {
    expect(decimalOf({ dataType: BuiltIn.int32, arrayType: 1, value: [1, 2] })).toBeNull()
  })

  // Codes of OPC 10000-6, annex A.
  test.each([
    [0x0000_0000, 'Good', Quality.good],
    [0x4090_0000, 'UncertainLastUsableValue', Quality.uncertain],
    [0x8031_0000, 'BadNoCommunication', Quality.disconnected],
    [0x800a_0000, 'BadTimeout', Quality.timeout],
    [0x801f_0000, 'BadUserAccessDenied', Quality.refused],
    [0x8034_0000, 'BadNodeIdUnknown', Quality.refused],
    [0x808c_0000, 'BadSensorFailure', Quality.invalid],
  ])('status %i %s', (value, name, quality) => expect(qualityOf({ value, name })).toBe(quality))

  const point = { name: 'm/p', key: 'p', group: 'g', scale: 2, optional: false, range: [0, 100_000] as const, source: { factor: '0.1', offset: '1' } } // prettier-ignore

  test('scaled exactly, checked against its range, and no better than its status', () => {
    const at = (value: number, status = good) => readingFrom(point, { value: scalar(BuiltIn.double, value), statusCode: status }, 7) // prettier-ignore
    expect(at(12.3)).toMatchObject({ reading: { mantissa: 223, quality: Quality.good }, trouble: null })
    expect(at(1e9).reading.quality).toBe(Quality.uncertain)
    expect(at(12.3, { value: 0x4090_0000, name: 'UncertainLastUsableValue' })).toMatchObject({ reading: { mantissa: 223, quality: Quality.uncertain }, trouble: 'UncertainLastUsableValue' }) // prettier-ignore
    expect(at(12.3, { value: 0x8031_0000, name: 'BadNoCommunication' }).reading).toMatchObject({ mantissa: null, quality: Quality.disconnected }) // prettier-ignore
  })
})

describe('writing', () => {
  test('whatever a variable holds is written as it is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        expect(writeValue(String(value), BuiltIn.int32)).toBe(value)
        expect(text(BuiltIn.int64, writeValue(String(value), BuiltIn.int64))).toBe(String(value))
      }),
    )
  })

  test('back through factor and offset', () => {
    expect(writeValue('21.5', BuiltIn.int16, { factor: '0.1', offset: '0' })).toBe(215)
    expect(writeValue('21.5', BuiltIn.int16, { factor: '-0.5', offset: '1.5' })).toBe(-40)
    expect(writeValue('21.5', BuiltIn.float, { factor: '0.1', offset: '-10' })).toBe(315)
  })

  test.each([
    ['21.5', BuiltIn.int16],
    ['256', BuiltIn.byte],
    ['-1', BuiltIn.uInt32],
    ['18446744073709551616', BuiltIn.uInt64],
    ['maybe', BuiltIn.boolean],
    ['1e3', BuiltIn.double],
    ['1', BuiltIn.dateTime],
  ])('%s into type %i is refused', (value, type) => {
    expect(() => writeValue(value, type)).toThrow(expect.objectContaining({ code: 'edge.command_invalid' }) as Error) // prettier-ignore
  })
})

describe('times', () => {
  test('by the age on a server whose clock is two hours ahead', () => {
    const aheadMs = 7_200_000
    expect(changeTime(1_000_000 + aheadMs - 400, 1_000_000, aheadMs, 5_000)).toBe(999_600)
  })
  test('an old, a future and no source timestamp: the moment of arrival', () => {
    for (const sourceMs of [900_000, 1_000_001, null]) expect(changeTime(sourceMs, 1_000_000, 0, 5_000)).toBe(1_000_000) // prettier-ignore
  })
  test('a change during a read is later than what was read; others keep their time', () => {
    const read = { sentMs: 100, repliedMs: 140 }
    expect([90, 100, 120, 140, 141].map((at) => behindRead(at, read))).toEqual([90, 141, 141, 141, 141])
  })
})

describe('names', () => {
  const namespaces = ['http://opcfoundation.org/UA/', 'urn:server', 'urn:plant']
  test('namespaces by their URI', () => {
    expect(withNamespaceIndex('nsu=urn:plant;s=A;B', namespaces)).toBe('ns=2;s=A;B')
    expect(parseBrowseName('nsu=urn:plant;A:B', namespaces)).toEqual({ namespaceIndex: 2, name: 'A:B' })
    expect(parseBrowseName('3:A', namespaces)).toEqual({ namespaceIndex: 3, name: 'A' })
    expect(() => withNamespaceIndex('nsu=urn:other;s=A', namespaces)).toThrow(/no namespace urn:other/)
  })
  test('the root of a Siemens data block', () => {
    expect(atRoot('{root}."Power"', 'ns=3;s="Meter_$&"')).toBe('ns=3;s="Meter_$&"."Power"')
  })
})

describe('a watched value', () => {
  const status = (value: number) => fingerprint({ value: scalar(BuiltIn.int32, value), statusCode: good })
  test('is read when nothing was said for a while, and is no death sentence by itself', () => {
    const watch = new PointWatch()
    expect(watch.isDue(0, 1_000)).toBe(true)
    watch.isAccepted = true
    watch.noteReport(status(1), 0)
    expect([watch.isDue(999, 1_000), watch.isDue(1_000, 1_000)]).toEqual([false, true])
    expect(watch.noteRead(status(1), 1_000, 400)).toBe(false)
    expect(watch.isDue(1_200, 1_000)).toBe(false)
  })
  test('another value that is never reported is; a report in between is not', () => {
    const watch = new PointWatch()
    watch.isAccepted = true
    watch.noteReport(status(1), 0)
    expect(watch.noteRead(status(2), 1_000, 400)).toBe(false)
    expect(watch.isDue(1_001, 1_000)).toBe(true)
    expect(watch.noteRead(status(3), 1_400, 400)).toBe(true)
    watch.noteReport(status(3), 1_500)
    expect(watch.noteRead(status(3), 2_500, 400)).toBe(false)
  })
  test('a value that swings back is not held against the subscription', () => {
    const watch = new PointWatch()
    watch.isAccepted = true
    watch.noteReport(status(1), 0)
    watch.noteRead(status(2), 1_000, 400)
    expect(watch.noteRead(status(1), 1_500, 400)).toBe(false)
    expect(watch.noteRead(status(2), 1_600, 400)).toBe(false)
  })
})
