/** The bill as it comes with the program; people change it in the console. */
import type { PrintBlock, PrintContent, PrintLanguage } from '@courtyard/protocols/contract'
import { PrintContent as Content } from '@courtyard/protocols/contract'

const words = {
  zh: {
    title: '{{ bill.item }}账单',
    period: '{{ bill.month | month }}',
    due: '应缴金额（元）',
    capital: '人民币 {{ bill.amount | words }}',
    number: '账单编号',
    draft: '未出账',
    name: '户名',
    account: '户号',
    rooms: '房间',
    span: '计费周期',
    days: '{{ bill.from | day }} 至 {{ bill.to | day }}',
    issued: '出账日期',
    tariff: '价格方案',
    line: '计费项目',
    quantity: '用量（{{ bill.unit }}）',
    price: '单价（元）',
    amount: '金额（元）',
    sum: '合计',
    reads: '抄表读数',
    serial: '表号',
    from: '上期读数',
    to: '本期读数',
    multiplier: '倍率',
    usage: '用量',
    estimated: '本账单的用量有一部分是估算的，以后按实际读数结算。',
    scan: '手机扫码，查看账单明细与抄表依据',
    watermark: '试算',
  },
  en: {
    title: 'Bill for {{ bill.item }}',
    period: '{{ bill.month | month }}',
    due: 'Amount due (CNY)',
    capital: '',
    number: 'Number',
    draft: 'Not issued',
    name: 'Name',
    account: 'Account',
    rooms: 'Room',
    span: 'Period',
    days: '{{ bill.from | day }} – {{ bill.to | day }}',
    issued: 'Issued on',
    tariff: 'Tariff',
    line: 'Item',
    quantity: 'Quantity ({{ bill.unit }})',
    price: 'Price (CNY)',
    amount: 'Amount (CNY)',
    sum: 'Total',
    reads: 'Meter readings',
    serial: 'Meter',
    from: 'Before',
    to: 'Now',
    multiplier: 'Factor',
    usage: 'Quantity',
    estimated: 'Part of the usage is estimated; it is settled once real readings are there.',
    scan: 'Scan to see how this bill came about, down to the readings',
    watermark: 'PREVIEW',
  },
} as const satisfies Record<PrintLanguage, Record<string, string>>

const NUMBER = (draft: string) => `{% if bill.draft %}${draft}{% else %}{{ bill.number }}{% endif %}`

export function billOnA4(language: PrintLanguage): PrintContent {
  const say = words[language]
  return Content.parse({
    blocks: [
      { kind: 'title', text: say.title, note: `{{ project.name }} · ${say.period}` },
      { kind: 'amount', label: say.due, value: '{{ bill.amount | money }}', note: say.capital },
      { kind: 'line' },
      {
        kind: 'facts',
        columns: 3,
        items: [
          { label: say.name, value: '{{ household.name }}' },
          { label: say.account, value: '{{ household.account }}' },
          { label: say.rooms, value: '{{ household.rooms }}' },
          { label: say.number, value: NUMBER(say.draft) },
          { label: say.span, value: say.days },
          { label: say.issued, value: '{{ bill.issuedOn | day }}' },
        ],
      },
      {
        kind: 'table',
        list: 'lines',
        columns: [
          { label: say.line, value: '{{ row.label }}', share: 5, foot: say.sum },
          { label: say.quantity, value: '{{ row.quantity | quantity }}', share: 3, align: 'right', foot: '{{ bill.quantity | quantity }}' },
          { label: say.price, value: '{{ row.price | quantity }}', share: 3, align: 'right' },
          { label: say.amount, value: '{{ row.amount | money }}', share: 3, align: 'right', foot: '{{ bill.amount | money }}' },
        ],
      },
      { kind: 'text', text: say.reads, bold: true },
      readsTable(language, 'small'),
      { kind: 'text', text: say.estimated, size: 'small', when: 'bill.estimated' },
      { kind: 'code', text: '{{ bill.link }}', label: say.scan, widthMm: 22, when: 'bill.link' },
    ],
    footer: `{{ project.name }} · ${NUMBER(say.draft)}`,
    watermark: `{% if bill.draft %}${say.watermark}{% endif %}`,
  }) // prettier-ignore
}

export function billOnRoll(language: PrintLanguage): PrintContent {
  const say = words[language]
  return Content.parse({
    blocks: [
      { kind: 'title', text: '{{ project.name }}', note: `${say.title} ${say.period}`, align: 'center' },
      { kind: 'line' },
      {
        kind: 'facts',
        columns: 1,
        items: [
          { label: say.number, value: NUMBER(say.draft) },
          { label: say.name, value: '{{ household.name }}' },
          { label: say.account, value: '{{ household.account }}' },
          { label: say.rooms, value: '{{ household.rooms }}' },
          { label: say.span, value: say.days },
          { label: say.issued, value: '{{ bill.issuedOn | day }}' },
        ],
      },
      {
        kind: 'table',
        list: 'lines',
        size: 'small',
        columns: [
          { label: say.line, value: '{{ row.label }}', share: 4 },
          { label: say.usage, value: '{{ row.quantity | quantity }}', share: 3, align: 'right' },
          { label: say.amount, value: '{{ row.amount | money }}', share: 3, align: 'right' },
        ],
      },
      { kind: 'amount', label: say.due, value: '{{ bill.amount | money }}', note: say.capital },
      readsTable(language, 'small', ['multiplier', 'usage']),
      { kind: 'text', text: say.estimated, size: 'small', when: 'bill.estimated' },
      {
        kind: 'code',
        text: '{{ bill.link }}',
        label: say.scan,
        widthMm: 30,
        align: 'center',
        when: 'bill.link',
      },
    ],
    footer: '',
    watermark: `{% if bill.draft %}${say.watermark}{% endif %}`,
  })
}

type ReadColumn = 'serial' | 'from' | 'to' | 'multiplier' | 'usage'

function readsTable(
  language: PrintLanguage,
  size: 'small' | 'normal',
  without: readonly ReadColumn[] = [],
): PrintBlock {
  const say = words[language]
  const columns = [
    { name: 'serial', label: say.serial, value: '{{ row.serial }}', share: 4, align: 'left', foot: '' },
    { name: 'from', label: say.from, value: '{{ row.from | quantity }}', share: 3, align: 'right', foot: '' },
    { name: 'to', label: say.to, value: '{{ row.to | quantity }}', share: 3, align: 'right', foot: '' },
    { name: 'multiplier', label: say.multiplier, value: '{{ row.multiplier | quantity }}', share: 2, align: 'right', foot: '' },
    { name: 'usage', label: say.usage, value: '{{ row.usage | quantity }} {{ bill.unit }}', share: 3, align: 'right', foot: '' },
  ] as const // prettier-ignore
  return {
    kind: 'table',
    list: 'reads',
    columns: columns.filter(({ name }) => !without.includes(name)).map(({ name: _, ...column }) => column),
    size,
    when: '',
  }
}
