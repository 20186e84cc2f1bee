import { TariffRule } from '@courtyard/protocols/contract'
import { describe, expect, it } from 'vitest'
import { say } from '../../../platform/reasons/reason.ts'
import '../reasons.ts'
import { roundAmount } from './rounding.ts'
import { formatFixed, parseFixed, rescale, trimDecimal } from './fixed.ts'
import { lineLabel } from './line-label.ts'
import { pricingRule, validateRule } from './tariff-rule.ts'
import { formatHalfHour, parseHalfHour } from './time-windows.ts'

const issuesOf = (rule: unknown) =>
  validateRule(TariffRule.parse(rule)).map(({ path, reason }) => `${path}: ${say(reason, 'en')}`)
const band = (name: string, price = '1') => ({ band: name, price })
const window = (from: string, to: string, name: string) => ({ from, to, band: name })

describe('validateRule', () => {
  it('wants prices that are decimals ≥ 0 and fit', () => {
    expect(issuesOf({ kind: 'flat', price: '0' })).toEqual([])
    expect(issuesOf({ kind: 'flat', price: '-1' })).toEqual(['rule.price: must not be negative'])
    expect(issuesOf({ kind: 'flat', price: '0.123456789' })[0]).toMatch(/at most 8 decimal places/)
    expect(issuesOf({ kind: 'flat', price: '1000000' })).toEqual(['rule.price: is too large'])
  })

  it('wants tiers that ascend and end open', () => {
    const tiered = (...bounds: (string | null)[]) =>
      issuesOf({ kind: 'tiered', period: 'month', tiers: bounds.map((upTo) => ({ upTo, price: '1' })) })
    expect(tiered('100', '200', null)).toEqual([])
    expect(tiered('100', '100', null)).toEqual(['rule.tiers[1].upTo: must be above the bound before it'])
    expect(tiered('0', null)).toEqual(['rule.tiers[0].upTo: must be above the bound before it'])
    expect(tiered('100', '200')).toEqual(['rule.tiers[1].upTo: the last tier must be open (null)'])
    expect(tiered(null, null)).toEqual(['rule.tiers[0].upTo: only the last tier is open'])
  })

  it('wants windows that cover the day once, on half hours, with priced bands', () => {
    const timeOfUse = (bands: unknown[], windows: unknown[]) =>
      issuesOf({ kind: 'timeOfUse', bands, windows })
    const two = [band('peak'), band('valley')]
    expect(timeOfUse(two, [window('00:00', '08:30', 'valley'), window('08:30', '24:00', 'peak')])).toEqual([])
    expect(timeOfUse(two, [window('00:00', '08:30', 'valley'), window('09:00', '24:00', 'peak')])).toEqual([
      'rule.windows: no window holds 08:30',
    ])
    expect(timeOfUse(two, [window('00:00', '09:00', 'valley'), window('08:30', '24:00', 'peak')])).toEqual([
      'rule.windows[1]: overlaps window 1',
    ])
    expect(
      timeOfUse(two, [window('00:00', '08:15', 'valley'), window('08:15', '24:30', 'peak')]),
    ).toHaveLength(3)
    expect(timeOfUse(two, [window('22:00', '08:00', 'valley'), window('08:00', '22:00', 'peak')])).toEqual([
      'rule.windows[0].to: must be after the start; split a window at midnight',
    ])
    expect(timeOfUse([band('peak'), band('peak')], [window('00:00', '24:00', 'flat')])).toEqual([
      'rule.bands[1].band: peak has two prices',
      'rule.bands[0].band: no window of the day is peak',
      'rule.bands[1].band: no window of the day is peak',
      'rule.windows[0].band: flat has no price',
    ])
  })

  it('guards the integer form', () => {
    expect(() => pricingRule({ kind: 'flat', price: '-1' })).toThrow('rule.price: tariff.negative')
  })
})

describe('numbers', () => {
  it('go in and out exactly', () => {
    expect(parseFixed('-12.5', 2)).toBe(-1250n)
    expect(parseFixed('1.500', 1)).toBe(15n)
    expect(() => parseFixed('1.05', 1)).toThrow(RangeError)
    expect(() => parseFixed('1e3', 1)).toThrow(RangeError)
    expect(formatFixed(-5n, 2)).toBe('-0.05')
    expect([trimDecimal('450.500'), trimDecimal('100'), trimDecimal('100.000')]).toEqual([
      '450.5',
      '100',
      '100',
    ])
    expect(rescale(5n, 2, 4)).toBe(500n)
    expect(() => rescale(5n, 4, 2)).toThrow(RangeError)
  })

  it('round half up', () => {
    const cent = 10n ** 15n
    expect(
      [cent / 2n, cent / 2n - 1n, -cent / 2n, -cent / 2n - 1n, 0n].map((exact) => roundAmount(exact)),
    ).toEqual([1n, 0n, 0n, -1n, 0n])
  })

  it('half hours', () => {
    expect(['00:00', '08:30', '24:00', '24:30', '8:30', '08:15'].map(parseHalfHour)).toEqual([
      0,
      17,
      48,
      null,
      null,
      null,
    ])
    expect([0, 17, 48].map(formatHalfHour)).toEqual(['00:00', '08:30', '24:00'])
  })
})

describe('lineLabel', () => {
  it('says tier, band and part', () => {
    expect(lineLabel(null, null, null)).toEqual({ zh: '全部用量', en: 'All usage' })
    const part = { firstDay: '2026-06-01', lastDay: '2026-06-14', method: 'days' as const }
    expect(lineLabel(2, 'peak', part).en).toBe('Tier 2 · Peak · 2026-06-01 to 2026-06-14, split by days')
  })
})
