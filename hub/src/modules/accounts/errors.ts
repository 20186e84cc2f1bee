import { registerErrors } from '../../platform/errors.ts'

export const accountErrors = {
  setupTokenInvalid: { code: 'setup.token_invalid', status: 403 },
  setupDone: { code: 'setup.done', status: 409 },
  usernameTaken: { code: 'user.username_taken', status: 409 },
  userNotFound: { code: 'user.not_found', status: 404 },
  userAbove: { code: 'user.above_you', status: 403 },
  userChanged: { code: 'user.changed', status: 409 },
  lastAdministrator: { code: 'user.last_administrator', status: 409 },
  wrongPassword: { code: 'auth.wrong_password', status: 403 },
  cannotActAs: { code: 'auth.cannot_act_as', status: 403 },
  notActing: { code: 'auth.not_acting', status: 409 },
} as const

registerErrors(accountErrors)
