import { registerErrors, type ErrorKind } from '../errors.ts'

export const numberingErrors = {
  kindNotFound: { code: 'numbering.unknown_kind', status: 404 },
  changed: { code: 'numbering.changed', status: 409 },
} as const satisfies Record<string, ErrorKind>

registerErrors(numberingErrors)
