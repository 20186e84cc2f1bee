import { describe, expect, it } from 'vitest'
import { readCondition, readText, type TextTemplate } from './text-template.ts'

const data = {
  bill: { number: 'WT-2026-000123', amount: '1234567.50', month: '2026-06', to: '2026-06-30', draft: false },
  household: { name: '{{ bill.number }}<b>王</b>' },
}
function read(text: string, language: 'zh' | 'en' = 'zh'): TextTemplate {
  const one = readText(text, language)
  if ('fault' in one) throw new Error(JSON.stringify(one.fault))
  return one
}
const fill = (text: string, language: 'zh' | 'en' = 'zh') => read(text, language).fill(data)

describe('texts with placeholders', () => {
  it('says values with our filters, digit by digit', () => {
    expect(fill('{{ bill.amount | money }}')).toBe('1,234,567.50')
    expect(fill('{{ bill.amount | words }}')).toBe('壹佰贰拾叁万肆仟伍佰陆拾柒元伍角整')
    expect(fill('{{ bill.month | month }} {{ bill.to | day }}')).toBe('2026年6月 2026年6月30日')
    expect(fill('{{ bill.month | month }} {{ bill.to | day }}', 'en')).toBe('Jun 2026 30 Jun 2026')
    expect(read('{{ bill.amount | money }}').fill({ bill: { amount: '90071992547409931234.567' } })).toBe(
      '90,071,992,547,409,931,234.567',
    )
  })
  it('has conditions', () => {
    expect(fill('{% if bill.draft %}试算{% else %}{{ bill.number }}{% endif %}')).toBe('WT-2026-000123')
  })
  it('takes what a record says as text, not as a template', () => {
    expect(fill('{{ household.name }}')).toBe('{{ bill.number }}<b>王</b>')
  })
  it('tells which fields it names', () => {
    expect([...read('{{ bill.number }} {% if row.x %}{{ row.y | money }}{% endif %}').names].sort()).toEqual([
      'bill.number',
      'row.x',
      'row.y',
    ])
  })
  it('reaches nothing but the values', () => {
    for (const text of [
      '{{ bill.constructor }}',
      '{{ constructor.constructor }}',
      '{{ bill.__proto__ }}',
      '{{ bill.number.length.constructor }}',
    ])
      expect(fill(text)).toBe('')
  })
  it.each([
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% assign a = "x" %}',
    '{% capture a %}x{% endcapture %}',
    '{% include "etc" %}',
    '{% render "/etc/passwd" %}',
    '{% layout "x" %}',
    '{% tablerow i in (1..9) %}{% endtablerow %}',
    '{{ bill.number | append: "x" }}',
    '{{ bill.number | date: "%99999999d" }}',
    '{{ bill.number | where: "a" }}',
    '{{ bill.number',
    '{% if bill.draft %}',
  ])('refuses %s', (text) => {
    expect(readText(text, 'zh')).toHaveProperty('fault')
  })
  it('refuses what is longer than anybody writes, and ranges, which cost more than their text', () => {
    expect(readText('{{ bill.number }}'.repeat(400), 'zh')).toHaveProperty('fault')
    expect(readText('{% if (1..100000000) contains 5 %}x{% endif %}', 'zh')).toHaveProperty('fault')
    expect(fill('1..5')).toBe('1..5')
  })
  it('knows a condition from a template', () => {
    const is = (text: string) => {
      const one = readCondition(text, 'zh')
      return 'fault' in one ? one.fault.code : one.fill(data) !== ''
    }
    expect(is('bill.draft')).toBe(false)
    expect(is('bill.number != ""')).toBe(true)
    expect(is('bill.month == "2026-06" and bill.to contains "30"')).toBe(true)
    expect(is('true %}{% endif')).toBe('print.condition')
  })
})
