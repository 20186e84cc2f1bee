import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { modules } from '../../modules/index.ts'
import { languageOf } from './language.ts'
import { knownReasons, registerReasons, say, storedReason, type Reason } from './reason.ts'
import { reasonOfIssue, withInput } from './zod-reason.ts'

const valuesOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort()
const wordsOf = (text: string) => text.replaceAll(/\{\w+\}/g, '')

test('every reason of every module is there in both languages, with the same values', () => {
  expect(modules.length).toBeGreaterThan(5)
  expect(knownReasons().size).toBeGreaterThan(100)
  for (const [code, { zh, en }] of knownReasons()) {
    expect(code).toMatch(/^[a-z]+\.[a-z0-9_]+$/i)
    expect(valuesOf(zh), code).toEqual(valuesOf(en))
    expect(valuesOf(zh), code).not.toContain('code')
    expect(zh.trim() && en.trim(), code).not.toBe('')
    expect(wordsOf(en), code).not.toMatch(/\p{Script=Han}/u)
    // Said in Chinese, unless all the words are in the values
    if (/\p{L}/u.test(wordsOf(zh))) expect(wordsOf(zh), code).toMatch(/\p{Script=Han}/u)
  }
})

test('whatever the values are, all of them are said, and the database can keep them', () => {
  const codes = fc.constantFrom(...knownReasons().keys())
  fc.assert(
    fc.property(codes, fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (code, value) => {
      const names = valuesOf(knownReasons().get(code)!.en)
      const reason: Reason = { ...Object.fromEntries(names.map((name) => [name, value])), code }
      for (const language of ['zh', 'en'] as const) {
        expect(say(reason, language).split(value).length - 1).toBeGreaterThanOrEqual(names.length)
      }
      const kept = JSON.parse(storedReason(reason)) as Reason
      expect(kept.code).toBe(code)
      expect(storedReason(reason)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
    }),
  )
})

test('a reason in a reason speaks the same language; a code of an old row is said as it is', () => {
  const band = { code: 'tariff.band_twice', band: { code: 'band.peak' } }
  expect(say(band, 'zh')).toBe('“峰”时段有两个价格')
  expect(say(band, 'en')).toBe('peak has two prices')
  const faults = [{ code: 'csv.column_missing' }, { code: 'csv.column_twice' }]
  expect(say({ code: 'catalogue.refused', faults }, 'zh')).toBe('点表被拒绝：缺少这一列；这一列出现了两次')
  expect(say({ code: 'long.gone' }, 'zh')).toBe('long.gone')
})

test('no code has two meanings', () => {
  expect(() => registerReasons({ 'csv.empty_cell': { zh: '空', en: 'empty' } })).toThrow('registered twice')
})

test.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['zh-TW', 'zh'],
  ['en-GB,zh;q=0.5', 'en'],
  ['en;q=0.3, zh;q=0.7', 'zh'],
  ['de,zh;q=0', 'en'],
  ['de, fr', 'en'],
  ['*', 'en'],
  ['', 'en'],
  [undefined, 'en'],
])('of %j the hub speaks %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})

test.each<[string, z.ZodType, unknown, string, string]>([
  ['missing', z.string(), undefined, '必填', 'is needed'],
  ['missing choice', z.enum(['a', 'b']), undefined, '必填', 'is needed'],
  ['empty', z.string().min(1), '', '不能为空', 'must not be empty'],
  ['too short', z.string().min(10), 'x', '至少 10 个字', 'at least 10 characters'],
  ['too long', z.string().max(2), 'xxx', '最多 2 个字', 'at most 2 characters'],
  ['no number', z.number(), 'x', '必须是数字', 'must be a number'],
  ['not whole', z.number().int(), 1.5, '必须是整数', 'must be a whole number'],
  ['too big', z.number().max(3), 4, '不能大于 3', 'must not be above 3'],
  ['wrong form', z.string().regex(/^a$/), 'b', '格式不对', 'has the wrong form'],
  ['unknown key', z.strictObject({}), { k: 1 }, '没有这样的字段：k', 'there is no such field: k'],
  ['choice', z.enum(['a', 'b']), 'c', '只能是：a, b', 'must be one of: a, b'],
  ['day', z.iso.date(), 'x', '必须是日期，例如 2026-06-01', 'must be a day such as 2026-06-01'],
  [
    'zod in its own words',
    z.number().multipleOf(5),
    3,
    '无效数字：必须是 5 的倍数',
    'Invalid number: must be a multiple of 5',
  ],
])('schema: %s', (_name, schema, given, zh, en) => {
  const [issue] = schema.safeParse(given, withInput).error!.issues
  expect(say(reasonOfIssue(issue!), 'zh')).toBe(zh)
  expect(say(reasonOfIssue(issue!), 'en')).toBe(en)
})
