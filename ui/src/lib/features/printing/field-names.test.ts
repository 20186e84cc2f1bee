import { expect, it } from 'vitest'
import { FieldNames } from './field-names.ts'

const names = new FieldNames([
  { name: 'bill.item', label: '收费项目' },
  { name: 'bill.amount', label: '应缴金额' },
  { name: 'bill.draft', label: '未出账' },
  { name: 'bill.number', label: '账单编号' },
  { name: 'row.from', label: '读数' },
  { name: 'row.to', label: '读数' },
])

it.each([
  ['{{ bill.item }}账单', '【收费项目】账单'],
  ['人民币 {{ bill.amount | words }}', '人民币 【应缴金额 | words】'],
  ['{{ bill.amount | money | upcase }}', '【应缴金额 | money | upcase】'],
  [
    '{% if bill.draft %}试算{% else %}{{ bill.number }}{% endif %}',
    '{% if 【未出账】 %}试算{% else %}【账单编号】{% endif %}',
  ],
  ['{% if bill.number == "bill.draft" %}x{% endif %}', '{% if 【账单编号】 == "bill.draft" %}x{% endif %}'],
  // One label for two fields, a field that is not known, brackets that are no field, half a placeholder
  ['{{ row.from }} → {{ row.to }}', '{{ row.from }} → {{ row.to }}'],
  ['{{ bill.nummer }} 【注意】', '{{ bill.nummer }} 【注意】'],
  ['{{ bill.it', '{{ bill.it'],
])('%s is shown as %s, and back', (template, shown) => {
  expect(names.shown(template, 'text')).toBe(shown)
  expect(names.stored(shown, 'text')).toBe(template)
})

it.each([
  ['bill.draft', '【未出账】'],
  ['bill.number != "" and bill.draft', '【账单编号】 != "" and 【未出账】'],
  ["bill.item == 'bill.item'", "【收费项目】 == 'bill.item'"],
])('the condition %s is shown as %s, and back', (condition, shown) => {
  expect(names.shown(condition, 'bare')).toBe(shown)
  expect(names.stored(shown, 'bare')).toBe(condition)
})

it('takes both ways of writing, and tells what a click puts in', () => {
  expect(names.stored('{{bill.item}}【 账单编号 |upcase】', 'text')).toBe(
    '{{bill.item}}{{ bill.number |upcase }}',
  )
  expect(names.field('bill.item', 'text')).toBe('【收费项目】')
  expect(names.field('row.from', 'text')).toBe('{{ row.from }}')
  expect(names.field('row.from', 'bare')).toBe('row.from')
})
