import { registerErrors } from '../../platform/errors.ts'

export const meteringErrors = {
  pointNotFound: { code: 'metering_point.not_found', status: 404 },
  batchNotFound: { code: 'batch.not_found', status: 404 },
  unknownSort: { code: 'metering_point.unknown_sort', status: 400 },
  spanTooLong: { code: 'usage.span_too_long', status: 400 },
  noMeter: { code: 'metering_point.no_meter', status: 409 },
  implausibleRead: { code: 'read.implausible', status: 400 },
  replacementRefused: { code: 'replacement.refused', status: 400 },
  verificationChanged: { code: 'meter.verification_changed', status: 409 },
  meterInUse: { code: 'meter.in_use', status: 409 },
} as const

registerErrors(meteringErrors)
