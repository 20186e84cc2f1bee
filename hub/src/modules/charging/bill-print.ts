/** Bills on paper: what templates can say of one, and where its values come from. */
import type { BillDetail, PrintLanguage } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import { registerPrintKind, type PrintData, type PrintRecord } from '../../platform/print/index.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { billOnA4, billOnRoll } from './bill-print.content.ts'
import { findBill, listBills } from './bills.repository.ts'

/** Values are those that are stored, digit by digit; templates put in separators. */
export const billPrint = registerPrintKind({
  key: 'bill',
  label: { zh: '账单', en: 'Bill' },
  fields: [
    { name: 'project.name', label: { zh: '项目', en: 'Project' }, example: { zh: '梧桐苑', en: 'Wutong Court' } },
    { name: 'bill.number', label: { zh: '账单编号', en: 'Number' }, example: 'WT-2026-000123' },
    { name: 'bill.draft', label: { zh: '未出账', en: 'Not issued yet' }, example: false },
    { name: 'bill.item', label: { zh: '收费项目', en: 'Charge item' }, example: { zh: '电费', en: 'electricity' } },
    { name: 'bill.unit', label: { zh: '计量单位', en: 'Unit' }, example: 'kWh' },
    { name: 'bill.month', label: { zh: '账期', en: 'Month' }, example: '2026-06' },
    { name: 'bill.from', label: { zh: '周期首日', en: 'First day' }, example: '2026-06-01' },
    { name: 'bill.to', label: { zh: '周期末日', en: 'Last day' }, example: '2026-06-30' },
    { name: 'bill.quantity', label: { zh: '总用量', en: 'Quantity' }, example: '1286.4' },
    { name: 'bill.amount', label: { zh: '应缴金额', en: 'Amount due' }, example: '1734.50' },
    { name: 'bill.estimated', label: { zh: '含估算', en: 'Partly estimated' }, example: true },
    { name: 'bill.issuedOn', label: { zh: '出账日期', en: 'Issued on' }, example: '2026-07-02' },
    { name: 'bill.tariff', label: { zh: '价格方案', en: 'Tariff' }, example: { zh: '居民阶梯电价', en: 'Residential tiers' } },
    { name: 'bill.link', label: { zh: '业主端账单网址', en: 'Address in the portal' }, example: 'https://courtyard.example.com/portal/bills/0190-example' },
    { name: 'household.name', label: { zh: '户名', en: 'Name' }, example: { zh: '王小明', en: 'Wang Xiaoming' } },
    { name: 'household.account', label: { zh: '户号', en: 'Account' }, example: 'WT-1-0101' },
    { name: 'household.rooms', label: { zh: '房间', en: 'Rooms' }, example: { zh: '一号楼 101', en: 'Building 1 101' } },
  ],
  lists: [
    {
      name: 'lines',
      label: { zh: '计费明细', en: 'Lines' },
      fields: [
        { name: 'label', label: { zh: '名称', en: 'Item' }, example: { zh: '第 1 档', en: 'Tier 1' } },
        { name: 'quantity', label: { zh: '用量', en: 'Quantity' }, example: '643.2' },
        { name: 'price', label: { zh: '单价', en: 'Price' }, example: '0.4883' },
        { name: 'amount', label: { zh: '金额', en: 'Amount' }, example: '867.25' },
      ],
    },
    {
      name: 'reads',
      label: { zh: '抄表读数', en: 'Readings' },
      exampleRows: 1,
      fields: [
        { name: 'serial', label: { zh: '表号', en: 'Meter' }, example: '202600128834' },
        { name: 'from', label: { zh: '上期读数', en: 'Index before' }, example: '10231.60' },
        { name: 'to', label: { zh: '本期读数', en: 'Index now' }, example: '11518.00' },
        { name: 'fromAt', label: { zh: '上期抄表时间', en: 'Read before at' }, example: '2026-06-01 00:00' },
        { name: 'toAt', label: { zh: '本期抄表时间', en: 'Read now at' }, example: '2026-07-01 00:00' },
        { name: 'multiplier', label: { zh: '倍率', en: 'Factor' }, example: '1' },
        { name: 'usage', label: { zh: '用量', en: 'Quantity' }, example: '1286.4' },
      ],
    },
  ],
  builtin: {
    a4: { zh: billOnA4('zh'), en: billOnA4('en') },
    roll80: { zh: billOnRoll('zh'), en: billOnRoll('en') },
  },
  async records({ db }, user, projectId, words) {
    const query = { projectId, q: words, orderBy: 'bill.month DESC, household.account_number', page: 1, pageSize: 30 }
    const { items } = await listBills(db.pool, user, query)
    return items.map(({ id, number, month, household }) => ({
      id,
      title: `${number ?? month} ${household.name}`,
    }))
  },
  async load(hub, user, id, language) {
    const bill = await findBill(hub.db.pool, user, id)
    return bill && printedBill(hub, bill, language)
  },
}) // prettier-ignore

export function printedBill(hub: Hub, bill: BillDetail, language: PrintLanguage): PrintRecord {
  const { household } = bill
  return {
    projectId: bill.project.id,
    title: [bill.number ?? bill.month, bill.item.label[language], household.name].join(' '),
    data: {
      project: { name: bill.project.name },
      bill: { ...headOf(bill, language), link: linkOf(hub, bill) },
      household: { name: household.name, account: household.accountNumber, rooms: household.rooms },
      lines: bill.lines.map(({ label, quantity, unitPrice, amount }) => ({
        ...{ label: label[language], quantity, price: unitPrice, amount },
      })),
      reads: readsOf(bill),
    },
  }
}

/** Only a hub that knows its own address can be reached from paper. */
const linkOf = ({ config }: Hub, { id, status }: BillDetail): string =>
  config.publicUrl && status === 'issued' ? `${config.publicUrl.replace(/\/$/, '')}/portal/bills/${id}` : ''

function headOf(bill: BillDetail, language: PrintLanguage) {
  const { from, to, timeZone } = bill.period
  const day = (instant: number | string) =>
    localTextOf(new Date(instant).toISOString(), timeZone).slice(0, 10)
  return {
    number: bill.number ?? '',
    draft: bill.status === 'draft',
    item: bill.item.label[language],
    unit: bill.item.unit,
    month: bill.month,
    from: day(from),
    // Half-open: the last day is the one before
    to: day(Date.parse(to) - 1),
    quantity: bill.quantity,
    amount: bill.amount,
    estimated: bill.estimated,
    issuedOn: bill.issuedAt === null ? '' : day(bill.issuedAt),
    tariff: bill.tariff.name,
  }
}

function readsOf({ segments, period }: BillDetail): PrintData[string] {
  const minute = (instant: string) => localTextOf(instant, period.timeZone).slice(0, 16)
  return segments.map(({ serial, from, to, multiplier, usage }) => ({
    serial,
    from: from.index,
    to: to.index,
    fromAt: minute(from.at),
    toAt: minute(to.at),
    multiplier,
    usage,
  }))
}
