import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** A text, or one for one and another for many. */
type Message = string | readonly [{ readonly match: Readonly<Record<string, string>> }]
const read = (locale: string): Record<string, Message> =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../messages/${locale}.json`), 'utf8')) as Record<
    string,
    Message
  >
const textsOf = (message: Message | undefined): string[] => {
  if (message === undefined) return ['']
  return typeof message === 'string' ? [message] : Object.values(message[0].match)
}
const inputsOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

it('says everything in both languages with the same values', () => {
  const zh = read('zh-CN')
  const en = read('en')
  expect(Object.keys(en)).toEqual(Object.keys(zh))
  for (const [key, message] of Object.entries(zh)) {
    for (const text of textsOf(en[key])) {
      expect(inputsOf(text), key).toEqual(inputsOf(textsOf(message)[0] ?? ''))
      expect(text.trim(), key).not.toBe('')
    }
  }
})
