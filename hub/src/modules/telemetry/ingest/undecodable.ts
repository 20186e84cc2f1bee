import { AppError } from '@courtyard/protocols/contract'
import { isReason, type Reason } from '../../../platform/reasons/reason.ts'

/** Why the bytes are no batch. What is wrong inside is for the makers of gateways: as the decoder says it. */
export function undecodable(error: unknown): Reason {
  if (!(error instanceof AppError)) return { code: 'wire.undecodable', fault: String(error) }
  const issues = (error.details['issues'] ?? []) as readonly { path: string; reason: string }[]
  const faults = issues.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  const reason: Reason = { code: error.code, faults: faults || error.message }
  return isReason(reason) ? reason : { code: 'wire.undecodable', fault: error.message }
}
