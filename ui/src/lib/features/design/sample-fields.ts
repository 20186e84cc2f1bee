/** Fields of every kind, as a module would declare them, for the page that shows the kit. */
import type { FieldMeta, Words } from '@courtyard/protocols/contract'

const plain: Omit<FieldMeta, 'name' | 'kind' | 'label'> = {
  help: null,
  unit: null,
  required: false,
  readOnly: false,
  createOnly: false,
  inList: true,
  sortable: true,
  filterable: true,
  searchable: true,
  maxLength: null,
  scale: null,
  min: null,
  max: null,
  options: null,
  resource: null,
  default: null,
  section: null,
}
const field = (
  name: string,
  kind: FieldMeta['kind'],
  label: Words,
  more: Partial<FieldMeta> = {},
): FieldMeta => ({
  ...plain,
  name,
  kind,
  label,
  ...more,
})

export const sampleFields: readonly FieldMeta[] = [
  field('title', 'text', { zh: '标题', en: 'Title' }, { required: true, maxLength: 40 }),
  field('area', 'decimal', { zh: '面积', en: 'Area' }, { unit: 'm²', scale: 2, min: '0' }),
  field('deposit', 'money', { zh: '押金', en: 'Deposit' }, { unit: 'CNY', scale: 2, min: '0' }),
  field('persons', 'integer', { zh: '人数', en: 'Persons' }, { min: '1', max: '20' }),
  field(
    'state',
    'choice',
    { zh: '状态', en: 'State' },
    {
      required: true,
      options: [
        { value: 'found', label: { zh: '待认领', en: 'Found' }, tone: 'attention' },
        { value: 'claimed', label: { zh: '已认领', en: 'Claimed' }, tone: 'ok' },
        { value: 'disposed', label: { zh: '已处理', en: 'Disposed of' }, tone: 'unknown' },
      ],
    },
  ),
  field(
    'colour',
    'dictionary',
    { zh: '颜色', en: 'Colour' },
    {
      help: { zh: '来自字典，可在系统里维护', en: 'From a dictionary that is kept under System' },
      options: [
        { value: 'black', label: { zh: '黑', en: 'Black' } },
        { value: 'white', label: { zh: '白', en: 'White' } },
        { value: 'red', label: { zh: '红', en: 'Red' } },
        { value: 'blue', label: { zh: '蓝', en: 'Blue' } },
        { value: 'green', label: { zh: '绿', en: 'Green' } },
      ],
    },
  ),
  field('day', 'day', { zh: '日期', en: 'Day' }),
  field('at', 'instant', { zh: '时间', en: 'Time' }),
  field('phone', 'phone', { zh: '电话', en: 'Phone' }),
  field('handed', 'boolean', { zh: '已交接', en: 'Handed over' }),
  field('note', 'longText', { zh: '备注', en: 'Note' }, { maxLength: 500 }),
]

export interface SampleRow {
  readonly id: string
  readonly title: string
  readonly state: string
  readonly area: string
  readonly deposit: string
  readonly day: string
}

/** Ten thousand rows, the same ones every time. */
export function sampleRows(count: number): SampleRow[] {
  const states = ['found', 'claimed', 'disposed']
  const day = Date.UTC(2026, 0, 1)
  return Array.from({ length: count }, (_, index) => ({
    id: String(index),
    title: `${1 + (index % 18)}-${String(101 + (index % 30) * 100 + (index % 4)).padStart(4, '0')}`,
    state: states[(index * 7) % 3] ?? 'found',
    area: `${60 + ((index * 13) % 90)}.${String((index * 37) % 100).padStart(2, '0')}`,
    deposit: `${((index * 53) % 40) * 50}.00`,
    day: new Date(day + ((index * 11) % 320) * 86_400_000).toISOString().slice(0, 10),
  }))
}
