import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

/** All error codes of charging. */
export const chargingErrors = {
  itemExists: { code: 'charge_item.exists', status: 409 },
  itemNotFound: { code: 'charge_item.not_found', status: 404 },
  tariffExists: { code: 'tariff.exists', status: 409 },
  tariffNotFound: { code: 'tariff.not_found', status: 404 },
  versionExists: { code: 'tariff.version_exists', status: 409 },
  monthIssued: { code: 'tariff.month_issued', status: 409 },
  runNotFound: { code: 'bill_run.not_found', status: 404 },
  runNotOpen: { code: 'bill_run.not_open', status: 409 },
  runNotPreviewed: { code: 'bill_run.not_previewed', status: 409 },
  runStale: { code: 'bill_run.stale', status: 409 },
  usagePending: { code: 'bill_run.usage_pending', status: 409 },
  runNotIssued: { code: 'bill_run.not_issued', status: 409 },
  runEmpty: { code: 'bill_run.empty', status: 409 },
  monthNotBegun: { code: 'bill_run.month_not_begun', status: 409 },
  monthNotOver: { code: 'bill_run.month_not_over', status: 409 },
  billNotFound: { code: 'bill.not_found', status: 404 },
} as const satisfies Record<string, ErrorKind>

registerErrors(chargingErrors)
