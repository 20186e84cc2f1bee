import { registerErrors } from '../../platform/errors.ts'

export const recordsErrors = {
  resourceNotFound: { code: 'resource.not_found', status: 404 },
  viewNotFound: { code: 'view.not_found', status: 404 },
  viewNameTaken: { code: 'view.name_taken', status: 409 },
  dictionaryNotFound: { code: 'dictionary.not_found', status: 404 },
  dictionaryTaken: { code: 'dictionary.taken', status: 409 },
  entryNotFound: { code: 'dictionary.entry_not_found', status: 404 },
  entryTaken: { code: 'dictionary.entry_taken', status: 409 },
  customFieldNotFound: { code: 'custom_field.not_found', status: 404 },
  customFieldTaken: { code: 'custom_field.taken', status: 409 },
  customFieldChanged: { code: 'custom_field.changed', status: 409 },
  /** Records have values of it: put it out of use instead. */
  customFieldUsed: { code: 'custom_field.in_use', status: 409 },
  /** No more than this many per resource: `details.most`. */
  customFieldsTooMany: { code: 'custom_field.too_many', status: 409 },
} as const

registerErrors(recordsErrors)
