import { registerErrors } from '../../platform/errors.ts'

export const eventErrors = {
  cursorInvalid: { code: 'events.cursor_invalid', status: 400 },
} as const

registerErrors(eventErrors)
