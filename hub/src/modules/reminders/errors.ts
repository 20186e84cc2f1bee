import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const reminderErrors = {
  notFound: { code: 'reminder.not_found', status: 404 },
  changed: { code: 'reminder.changed', status: 409 },
  refused: { code: 'reminder.refused', status: 409 },
  ruleNotFound: { code: 'reminder.rule_not_found', status: 404 },
  cursorInvalid: { code: 'reminder.cursor_invalid', status: 400 },
} as const satisfies Record<string, ErrorKind>

registerErrors(reminderErrors)
