import * as z from 'zod'
import './platform-reasons.ts'
import type { PlatformReason } from './platform-reasons.ts'
import { knownReasons, type Reason } from './reason.ts'

type Issue = z.core.$ZodIssue
type Told = PlatformReason

/** Of `safeParse`, so that an issue knows what was given: missing and wrong are different things. */
export const withInput = { reportInput: true } as const

const locales = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError }

/**
 * What a schema refused, without a language. A schema may name a reason of its own: its code as the message, its
 * values as `params`. What is frequent has our own short words, the rest those of zod's own languages.
 */
export function reasonOfIssue(issue: Issue): Reason {
  if (knownReasons().has(issue.message)) return { ...paramsOf(issue), code: issue.message }
  return frequent(issue) ?? { code: 'input.other', text: { zh: inZod('zh', issue), en: inZod('en', issue) } }
}

function paramsOf(issue: Issue): Partial<Reason> {
  return issue.code === 'custom' ? ((issue.params ?? {}) as Partial<Reason>) : {}
}

/** Locales read the issue as it was before it had words: the input stands in it all the same. */
function inZod(language: 'zh' | 'en', issue: Issue): string {
  const said = locales[language](issue as z.core.$ZodRawIssue)
  return typeof said === 'string' ? said : (said?.message ?? issue.message)
}

function frequent(issue: Issue): Told | null {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue)
    case 'too_big':
      return tooBig(issue)
    case 'too_small':
      return tooSmall(issue)
    case 'invalid_format':
      return wrongFormat(issue)
    case 'invalid_value':
      if (issue.input === undefined) return { code: 'input.missing' }
      return { code: 'input.one_of', options: issue.values.map(String).join(', ') }
    case 'unrecognized_keys':
      return { code: 'input.unknown_keys', keys: issue.keys.join(', ') }
    case 'invalid_union':
      return issue.input === undefined ? { code: 'input.missing' } : { code: 'input.format' }
    default:
      return null
  }
}

function wrongType({ expected, input }: z.core.$ZodIssueInvalidType): Told {
  if (input === undefined) return { code: 'input.missing' }
  if (expected === 'number') return { code: 'input.number' }
  if (expected === 'int') return { code: 'input.whole_number' }
  return { code: 'input.type', expected }
}

function tooBig({ origin, maximum }: z.core.$ZodIssueTooBig): Told {
  const most = String(maximum)
  if (origin === 'string') return { code: 'input.too_long', most }
  return { code: origin === 'array' ? 'input.too_many' : 'input.too_big', most }
}

function tooSmall({ origin, minimum }: z.core.$ZodIssueTooSmall): Told {
  const least = String(minimum)
  if (origin === 'string') {
    return Number(minimum) === 1 ? { code: 'input.empty' } : { code: 'input.too_short', least }
  }
  return { code: origin === 'array' ? 'input.too_few' : 'input.too_small', least }
}

function wrongFormat({ format }: z.core.$ZodIssueInvalidStringFormat): Told {
  if (format === 'date') return { code: 'input.day' }
  if (format === 'datetime') return { code: 'input.instant' }
  return { code: format === 'uuid' ? 'input.id' : 'input.format' }
}
