import { registerErrors } from '../../platform/errors.ts'

export const fleetErrors = {
  configNotFound: { code: 'gateway_config.not_found', status: 404 },
  /** Somebody else has saved a revision since. */
  configConflict: { code: 'gateway_config.conflict', status: 409 },
  /** This revision runs or is on its way already. */
  configInUse: { code: 'gateway_config.in_use', status: 409 },
  gatewayRevoked: { code: 'gateway.revoked', status: 409 },
  gatewayOffline: { code: 'gateway.offline', status: 409 },
  gatewayBusy: { code: 'gateway.busy', status: 429 },
  noAnswer: { code: 'gateway.no_answer', status: 504 },
  /** The gateway could not do it; `details.reason` is in its words. */
  requestFailed: { code: 'gateway.request_failed', status: 422 },
  badAnswer: { code: 'gateway.bad_answer', status: 502 },
  nothingRuns: { code: 'gateway.nothing_runs', status: 409 },
  deviceNotFound: { code: 'device.not_found', status: 404 },
  templateNotFound: { code: 'gateway_template.not_found', status: 404 },
  templateNameTaken: { code: 'gateway_template.name_taken', status: 409 },
} as const

registerErrors(fleetErrors)
