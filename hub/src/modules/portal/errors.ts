import { registerErrors } from '../../platform/errors.ts'

export const portalErrors = {
  /** Wrong, too old, used, or tried too often: all the same to who asks. */
  badCode: { code: 'portal.bad_code', status: 401 },
  wait: { code: 'portal.wait', status: 429 },
  noPlace: { code: 'portal_place.not_found', status: 404 },
  notShown: { code: 'portal.not_shown', status: 403 },
  noBill: { code: 'bill.not_found', status: 404 },
  alreadyInvited: { code: 'portal.already_invited', status: 409 },
  tooManyInvited: { code: 'portal.too_many_invited', status: 409 },
} as const

registerErrors(portalErrors)
