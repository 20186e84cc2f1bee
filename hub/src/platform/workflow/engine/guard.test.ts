import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { ComparisonOperator, ProcessFieldValue } from '@courtyard/protocols/contract'
import { compareDecimals } from './decimal-compare.ts'
import { checkFields } from './field-values.ts'
import { holds, kindsOf } from './guard.ts'
import { fields } from './testing.ts'

const kinds = kindsOf(fields)
const asks = (field: string, is: ComparisonOperator, ...values: string[]) => ({ field, is, values })
const whether = (value: ProcessFieldValue, is: ComparisonOperator, ...values: string[]) =>
  holds({ anyOf: [{ allOf: [asks('amount', is, ...values)] }] }, { amount: value }, kinds)

test('decimals are compared exactly', () => {
  const scaled = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  const text = (value: bigint) => {
    const digits = (value < 0n ? -value : value).toString().padStart(4, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
  }
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      expect(compareDecimals(text(a), text(b))).toBe(a < b ? -1 : a > b ? 1 : 0)
      expect(compareDecimals(`${text(a)}000`, text(a))).toBe(0)
    }),
  )
  expect([compareDecimals('-0', '0'), compareDecimals('1e3', '1'), compareDecimals('', '0')]).toEqual([
    0,
    null,
    null,
  ])
})

describe('a guard', () => {
  it.each([
    ['0.30', 'eq', ['0.3'], true],
    ['1000.00', 'gt', ['1000'], false],
    ['1000', 'ge', ['1000.000'], true],
    ['-5', 'lt', ['0'], true],
    ['7', 'in', ['3', '7.0'], true],
    ['7', 'notIn', ['3', '7.0'], false],
    ['', 'lt', ['5'], false],
    [null, 'eq', ['5'], false],
    [null, 'ne', ['5'], true],
    [null, 'notIn', ['5'], true],
    ['much', 'gt', ['5'], false],
  ] as const)('%s %s %j: %s', (value, is, values, expected) => {
    expect(whether(value, is, ...values)).toBe(expected)
  })

  it('holds when all of one group do', () => {
    const guard = {
      anyOf: [
        { allOf: [asks('amount', 'gt', '10'), asks('urgent', 'eq', 'true')] },
        { allOf: [asks('day', 'ge', '2026-12-01')] },
      ],
    }
    const given = (amount: string, urgent: boolean, day: string | null) =>
      holds(guard, { amount, urgent, day }, kinds)
    expect([given('11', true, null), given('11', false, null), given('1', false, '2026-12-24')]).toEqual([
      true,
      false,
      true,
    ])
    expect(given('1', true, '2026-11-30')).toBe(false)
  })
})

test('fields are refused by name and reason', () => {
  const codes = (values: Record<string, ProcessFieldValue>, open: string[] | null = null) =>
    checkFields(values, [{ ...fields[0]!, required: true }, ...fields.slice(1)], open).map(
      ({ field, reason }) => `${field} ${reason.code.replace('workflow.', '')}`,
    )
  expect(codes({ amount: '12.50', urgent: true, day: null })).toEqual([])
  expect(codes({ amount: '12.505', urgent: 'true', day: '2026-13-01', colour: 'red' })).toEqual([
    'amount field_value',
    'urgent field_value',
    'day field_value',
    'colour field_closed',
  ])
  expect(codes({ amount: '' })).toEqual(['amount field_missing'])
  expect(codes({ amount: '1', urgent: true }, ['amount'])).toEqual(['urgent field_closed'])
})
