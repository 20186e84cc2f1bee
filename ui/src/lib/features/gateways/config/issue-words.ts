import type { FormIssue } from './form-checks.ts'
import { m } from '#lib/paraglide/messages.js'

const sentences: Readonly<Record<FormIssue['code'], (inputs: { value: string }) => string>> = {
  missing: m.config_issue_missing,
  notNumber: m.decimal_invalid,
  notInteger: m.config_issue_integer,
  below: m.config_issue_below,
  above: m.config_issue_above,
  pattern: m.config_issue_pattern,
  tooShort: m.config_issue_short,
  tooLong: m.config_issue_long,
  notOneOf: m.config_issue_choice,
  unknownField: m.config_issue_unknown,
  duplicateKey: m.config_issue_duplicate,
  unknownBus: m.config_issue_bus,
}

/** What is wrong with a field, in words. */
export const issueWords = (issue: FormIssue): string => sentences[issue.code]({ value: issue.value })
