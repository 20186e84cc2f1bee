import { registerErrors } from '../../platform/errors.ts'

export const accountErrors = {
  setupTokenInvalid: { code: 'setup.token_invalid', status: 403 },
  setupDone: { code: 'setup.done', status: 409 },
  usernameTaken: { code: 'user.username_taken', status: 409 },
  userNotFound: { code: 'user.not_found', status: 404 },
  lastAdministrator: { code: 'user.last_administrator', status: 409 },
  wrongPassword: { code: 'auth.wrong_password', status: 403 },
} as const

registerErrors(accountErrors)
