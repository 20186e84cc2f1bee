import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const read = (locale: string): Record<string, string> =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../messages/${locale}.json`), 'utf8')) as Record<
    string,
    string
  >
const inputsOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

it('says everything in both languages with the same values', () => {
  const zh = read('zh-CN')
  const en = read('en')
  expect(Object.keys(en)).toEqual(Object.keys(zh))
  for (const [key, text] of Object.entries(zh)) {
    expect(inputsOf(en[key] ?? ''), key).toEqual(inputsOf(text))
    expect(en[key]?.trim(), key).not.toBe('')
  }
})
