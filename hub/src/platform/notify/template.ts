/** Texts of messages: declared by modules with the variables that they fill in, overridden by what was edited here. */
import type {
  MessageLanguage,
  MessageText,
  MessageTexts,
  OutsideChannel,
} from '@courtyard/protocols/contract'
import { fail } from '../errors.ts'
import type { Texts } from '../reasons/reason.ts'
import { notifyErrors } from './errors.ts'
import './reasons.ts'
import type { MessageReason } from './reasons.ts'

/** Said as it is, or in the language of the reader. */
export type MessageValue = string | number | Texts

export interface TemplateVariable {
  readonly label: Texts
  /** For the preview. */
  readonly example: MessageValue
}

export interface MessageTemplate {
  /** `area.what`, such as `reminder.due`. */
  readonly key: string
  readonly label: Texts
  readonly variables: Readonly<Record<string, TemplateVariable>>
  /** `{name}` is where a variable goes; `{{` and `}}` are braces. */
  readonly texts: MessageTexts
  /** Beside the app, which always shows it. */
  readonly channels: readonly OutsideChannel[]
  /** Codes and passwords: the text is sealed until it is sent, then forgotten, and never shown in the app. */
  readonly confidential?: boolean
}

const templates = new Map<string, MessageTemplate>()

/** Called when a module is loaded. @throws when the key is taken, or a text names a variable that is not declared */
export function registerMessageTemplate(template: MessageTemplate): MessageTemplate {
  if (templates.has(template.key)) throw new Error(`message template ${template.key} is registered twice`)
  const faults = faultsOfTexts(template, template.texts)
  if (faults.length > 0)
    throw new Error(`message template ${template.key}: ${faults.map(({ path }) => path).join(', ')}`)
  templates.set(template.key, template)
  return template
}

export const allTemplates = (): MessageTemplate[] => [...templates.values()]
export const findTemplate = (key: string): MessageTemplate | undefined => templates.get(key)

/** @throws AppError `message.unknown_template` */
export function templateOf(key: string): MessageTemplate {
  const template = templates.get(key)
  if (!template) throw fail(notifyErrors.unknownTemplate, `No module has registered the message ${key}`)
  return template
}

const PART = /\{\{|\}\}|\{(\w+)\}|[{}]/g

/** What is wrong with edited texts, place by place. */
export function faultsOfTexts(
  template: Pick<MessageTemplate, 'variables'>,
  texts: MessageTexts,
): { path: string; reason: MessageReason }[] {
  const places = (['zh', 'en'] as const).flatMap((language) =>
    (['subject', 'body'] as const).map((part) => ({
      path: `${language}.${part}`,
      text: texts[language][part],
    })),
  )
  return places.flatMap(({ path, text }) =>
    [...text.matchAll(PART)].flatMap(([part, name]): { path: string; reason: MessageReason }[] => {
      if (part === '{' || part === '}') return [{ path, reason: { code: 'message.open_brace' } }]
      if (name === undefined || Object.hasOwn(template.variables, name)) return []
      return [{ path, reason: { code: 'message.unknown_variable', name } }]
    }),
  )
}

/** Values as text in one language. @throws AppError `message.missing_variable` when a declared one is not given */
export function spokenValues(
  template: MessageTemplate,
  values: Readonly<Record<string, MessageValue>>,
  language: MessageLanguage,
): Record<string, string> {
  return Object.fromEntries(
    Object.keys(template.variables).map((name) => {
      const value = values[name]
      if (value === undefined) {
        throw fail(notifyErrors.missingVariable, `The message ${template.key} needs ${name}`, { name })
      }
      return [name, typeof value === 'object' ? value[language] : String(value)]
    }),
  )
}

/** Subjects are one line: a value with a line break would end the header of a mail. */
export function fillIn(text: MessageText, values: Readonly<Record<string, string>>): MessageText {
  const fill = (pattern: string) =>
    pattern.replaceAll(PART, (part, name: string | undefined) => {
      if (part === '{{') return '{'
      if (part === '}}') return '}'
      return name === undefined ? part : (values[name] ?? part)
    })
  return { subject: fill(text.subject).replaceAll(/\s+/g, ' ').trim(), body: fill(text.body) }
}

/** With the examples of the declaration. */
export function exampleOf(
  template: MessageTemplate,
  texts: MessageTexts,
  language: MessageLanguage,
): MessageText {
  const examples = Object.fromEntries(
    Object.entries(template.variables).map(([name, { example }]) => [name, example]),
  )
  return fillIn(texts[language], spokenValues(template, examples, language))
}
