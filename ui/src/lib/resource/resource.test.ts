import type {
  Condition,
  FieldMeta,
  ResourceMeta,
  ResourceRow,
  SavedView,
} from '@courtyard/protocols/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionOfRange, rangeOf } from './condition-range.ts'
import { differencesOf } from './conflict.ts'
import { decimalText, defaultColumns, sectionsOf, titleOf, valueOf } from './fields.ts'
import { bodyOf, compareDecimals, problemOf, sameInput, startInputs, valueOfInput } from './form-values.ts'
import {
  addressDefaults,
  addressOfView,
  differs,
  queryOf,
  viewOfAddress,
  withCondition,
} from './list-query.ts'

const zone = 'Asia/Shanghai'

function field(name: string, kind: FieldMeta['kind'], more: Partial<FieldMeta> = {}): FieldMeta {
  const nothing = {
    help: null,
    unit: null,
    maxLength: null,
    scale: null,
    min: null,
    max: null,
    options: null,
  }
  const flags = { required: false, readOnly: false, createOnly: false, inList: true, sortable: true }
  const rest = { filterable: true, searchable: false, resource: null, default: null, section: null }
  return { name, kind, label: { zh: name, en: name }, ...nothing, ...flags, ...rest, ...more }
}
const meta: ResourceMeta = {
  name: 'lostItem',
  path: 'lost-items',
  page: '/lost-items',
  label: { zh: '失物', en: 'Lost items' },
  inProject: true,
  titleField: 'title',
  defaultSort: '-foundAt',
  fields: [
    field('number', 'text', { createOnly: true }),
    field('title', 'text', { required: true, maxLength: 10 }),
    field('foundAt', 'instant'),
    field('note', 'longText', { inList: false, sortable: false, filterable: false }),
    field('custom.colour', 'text', { inList: false }),
  ],
  actions: [],
  may: { create: true, edit: true, archive: true, import: true, export: true, sensitive: false },
}
const row = (more: Record<string, unknown> = {}): ResourceRow => ({
  id: '0195f1a2-0000-7000-8000-000000000001',
  version: 1,
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
  archivedAt: null,
  masked: [],
  custom: { colour: 'red' },
  title: 'Umbrella',
  ...more,
})
const address = { ...addressDefaults(meta) }

describe('a list in the address', () => {
  it('comes back as it was', () => {
    const where: Condition[] = [
      ['title', 'contains', '伞 & "hat"'],
      ['foundAt', 'between', ['2026-11-01T00:00:00.000Z', null]],
    ]
    const view = { q: '黑', where, sort: 'title', archived: 'all' as const, columns: ['title', 'number'] }
    const written = { ...address, ...addressOfView(view, meta) }
    expect(viewOfAddress(written, meta)).toEqual(view)
  })
  it('is plain for the plain list', () => {
    const plain = viewOfAddress(address, meta)
    expect(plain.columns).toEqual(['title', 'number', 'foundAt'])
    expect({ ...address, ...addressOfView(plain, meta) }).toEqual(address)
  })
  it('leaves out what the resource does not know', () => {
    const written = {
      ...address,
      where: '[["gone","is",1],["note","is","x"],["title","like",1],7]',
      sort: 'gone',
    }
    expect(viewOfAddress({ ...written, columns: 'gone,number', archived: 'maybe' }, meta)).toEqual({
      q: '',
      where: [],
      sort: '-foundAt',
      archived: 'no',
      columns: ['number'],
    })
    expect(viewOfAddress({ ...address, where: '{broken' }, meta).where).toEqual([])
  })
  it('asks the hub for what differs from everything', () => {
    const view = viewOfAddress({ ...address, q: 'x' }, meta)
    expect(queryOf(view, 'p1')).toEqual({ projectId: 'p1', q: 'x', sort: '-foundAt', archived: 'no' })
  })
  it('keeps one condition per field', () => {
    const one = withCondition([], 'title', ['title', 'contains', 'a'])
    const other = withCondition(one, 'title', ['title', 'contains', 'b'])
    expect(other).toEqual([['title', 'contains', 'b']])
    expect(withCondition(other, 'title', null)).toEqual([])
  })
  it('tells a saved view from one that was changed', () => {
    const saved = { q: '', where: [], sort: '-foundAt', archived: 'no', columns: [] } as unknown as SavedView
    const plain = viewOfAddress(address, meta)
    expect(differs(plain, saved, meta)).toBe(false)
    expect(differs({ ...plain, q: 'x' }, saved, meta)).toBe(true)
    expect(differs({ ...plain, columns: ['number'] }, saved, meta)).toBe(true)
  })
})

describe('ranges', () => {
  it('are inclusive for people and half-open for the hub', () => {
    const day = field('day', 'day')
    expect(conditionOfRange(day, { from: '2026-11-01', to: '2026-11-30' }, zone)).toEqual([
      'day',
      'between',
      ['2026-11-01', '2026-12-01'],
    ])
    const at = field('at', 'instant')
    expect(conditionOfRange(at, { from: '2026-11-01', to: '' }, zone)).toEqual([
      'at',
      'between',
      ['2026-10-31T16:00:00.000Z', null],
    ])
    expect(conditionOfRange(day, { from: '', to: '' }, zone)).toBeNull()
  })
  it('show what they were set to', () => {
    const someDay = fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10))
    const end = fc.oneof(fc.constant(''), someDay)
    fc.assert(
      fc.property(end, end, fc.constantFrom('day', 'instant'), (from, to, kind) => {
        const one = field('x', kind as FieldMeta['kind'])
        const condition = conditionOfRange(one, { from, to }, zone)
        expect(rangeOf(one, condition, zone)).toEqual({ from, to })
      }),
    )
  })
})

describe('inputs', () => {
  it('become the values that the hub takes', () => {
    const decimal = field('area', 'decimal', { scale: 2 })
    expect(valueOfInput(decimal, '１,088.50', zone)).toBe('1088.50')
    expect(valueOfInput(field('n', 'integer'), ' 12 ', zone)).toBe(12)
    expect(valueOfInput(field('at', 'instant'), '2026-11-22T08:30', zone)).toBe('2026-11-22T00:30:00.000Z')
    expect(valueOfInput(field('t', 'text'), '   ', zone)).toBeNull()
    expect(valueOfInput(field('r', 'reference'), { id: 'i', title: 't' }, zone)).toBe('i')
    expect(valueOfInput(field('b', 'boolean'), false, zone)).toBe(false)
  })
  it('are told what is wrong with them', () => {
    const title = meta.fields[1]!
    expect(problemOf(title, ' ')).toBeDefined()
    expect(problemOf(title, '十个字以内的名称没问题吧')).toBeDefined()
    expect(problemOf(title, '👨‍👩‍👧 伞')).toBeUndefined()
    const money = field('deposit', 'money', { scale: 2, min: '0', max: '99999999999999999.99' })
    for (const bad of ['x', '1.005', '-0.01', '100000000000000000'])
      expect(problemOf(money, bad), bad).toBeDefined()
    for (const good of ['', '1.50', '1.5000', '99999999999999999.99'])
      expect(problemOf(money, good), good).toBeUndefined()
    expect(problemOf(field('n', 'integer'), '1.5')).toBeDefined()
  })
  it('are compared as they would be sent', () => {
    const area = field('area', 'decimal', { scale: 2 })
    expect(sameInput(area, '1,000.5', '1000.5', zone)).toBe(true)
    expect(sameInput(area, '1000.5x', '1000.5', zone)).toBe(false)
  })
  it('start with the record, or with defaults and what was given', () => {
    const fields = [field('state', 'choice', { default: 'found' }), field('title', 'text')]
    expect(startInputs(fields, null, { title: 'Hat' }, zone)).toEqual({ state: 'found', title: 'Hat' })
    expect(startInputs([meta.fields[4]!], row(), {}, zone)).toEqual({ 'custom.colour': 'red' })
  })
  it('put custom fields where the hub looks for them', () => {
    expect(bodyOf({ title: 'Hat', 'custom.colour': 'red' })).toEqual({
      title: 'Hat',
      custom: { colour: 'red' },
    })
  })
  it('compares decimals exactly', () => {
    const decimal = fc.tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.nat(6)).map(([digits, scale]) => {
      const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
      const body = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`
      return { text: (digits < 0n ? '-' : '') + body, value: digits * 10n ** BigInt(6 - scale) }
    })
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(compareDecimals(a.text, b.text)).toBe(a.value < b.value ? -1 : a.value > b.value ? 1 : 0)
      }),
    )
  })
})

describe('records', () => {
  it('have a name, sections and columns', () => {
    expect(titleOf(meta, row())).toBe('Umbrella')
    expect(titleOf(meta, row({ title: null }))).toBe('0195f1a2')
    expect(valueOf(row(), 'custom.colour')).toBe('red')
    expect(defaultColumns(meta)).toEqual(['title', 'number', 'foundAt'])
    const claim = { zh: '认领', en: 'Claim' }
    const sections = sectionsOf([
      field('a', 'text', { section: claim }),
      field('b', 'text'),
      field('c', 'text'),
    ])
    expect(sections.map((group) => [group.section?.en ?? '', group.fields.map(({ name }) => name)])).toEqual([
      ['', ['b', 'c']],
      ['Claim', ['a']],
    ])
  })
  it('show decimals of a fine scale without noughts', () => {
    const share = field('share', 'decimal', { scale: 4 })
    expect(['60.0000', '33.3300', '100', '0.0001'].map((text) => decimalText(share, text))).toEqual([
      ...['60', '33.33', '100', '0.0001'],
    ])
    expect(decimalText(field('area', 'decimal', { scale: 2 }), '89.50')).toBe('89.50')
    const inputs = startInputs([share], row({ share: '60.0000' }), {}, 'Asia/Shanghai')
    expect(inputs['share']).toBe('60')
  })
  it('show where two people parted', () => {
    const base = row({ number: 'L1', title: 'Umbrella', note: 'old' })
    const theirs = row({ number: 'L1', title: 'Black umbrella', note: 'new' })
    const found = differencesOf(meta.fields, base, theirs, new Set(['title', 'custom.colour']))
    expect(found.map(({ field: { name }, mine, clash }) => [name, mine, clash])).toEqual([
      ['title', true, true],
      ['note', false, false],
      ['custom.colour', true, false],
    ])
  })
})
