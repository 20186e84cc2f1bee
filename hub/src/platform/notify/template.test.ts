import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultsOfTexts, fillIn, spokenValues, type MessageTemplate } from './template.ts'

const template: MessageTemplate = {
  key: 'test.template',
  label: { zh: '测试', en: 'Test' },
  variables: {
    name: { label: { zh: '名称', en: 'Name' }, example: '1' },
    what: { label: { zh: '事项', en: 'What' }, example: { zh: '合同', en: 'contract' } },
  },
  texts: { zh: { subject: '{name}', body: '{what}' }, en: { subject: '{name}', body: '{what}' } },
  channels: [],
}

test('values are filled in once, in the language of the reader', () => {
  const values = spokenValues(template, { name: '{what}', what: { zh: '合同', en: 'contract' } }, 'en')
  expect(fillIn({ subject: '{name}: {what}', body: '{{{what}}}' }, values)).toEqual({
    subject: '{what}: contract',
    body: '{contract}',
  })
})

test('a value can not end the line of a subject, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const { subject } = fillIn({ subject: 'a {name} b', body: '.' }, { name })
      expect(subject).not.toMatch(/[\r\n]/)
    }),
  )
})

test('a variable that is not given is refused, one that is not declared found', () => {
  expect(() => spokenValues(template, { name: 'x' }, 'zh')).toThrow(/needs what/)
  const texts = { zh: { subject: '{nobody}', body: '{name' }, en: { subject: '{{x}}', body: '}' } }
  expect(faultsOfTexts(template, texts).map(({ path, reason }) => [path, reason.code])).toEqual([
    ['zh.subject', 'message.unknown_variable'],
    ['zh.body', 'message.open_brace'],
    ['en.body', 'message.open_brace'],
  ])
})
