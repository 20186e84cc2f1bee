import type { CommandBody, CommandKind, CommandState, CommandStep } from '@courtyard/protocols/contract'
import type { Reason } from '../../platform/reasons/reason.ts'
import type { Standing } from './domain/state-machine.ts'

/** A command as its row says. */
export interface CommandRow {
  readonly id: string
  readonly projectId: string
  readonly gatewayId: string
  readonly gatewayName: string
  readonly deviceId: string
  readonly deviceKey: string
  readonly deviceName: string
  readonly target: string
  readonly targetLabelZh: string
  readonly targetLabelEn: string
  readonly kind: CommandKind
  readonly body: CommandBody
  readonly contentHash: Buffer
  readonly state: CommandState
  readonly gatewayStep: CommandStep | null
  readonly uncertain: boolean
  readonly settledBy: Standing['settledBy']
  readonly message: string | null
  readonly outcome: Reason | null
  readonly reason: string
  readonly requestedById: string
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly approvedById: string | null
  readonly approvedBy: string | null
  readonly approvedAt: Date | null
  readonly sentAt: Date | null
  readonly finishedAt: Date | null
  readonly expiresAt: Date
}

export interface StepRow {
  readonly commandId: string
  readonly at: Date
  readonly state: string
  readonly by: string | null
  readonly message: string | null
  readonly outcome: Reason | null
}

export function standingOf(row: CommandRow): Standing {
  const { state, gatewayStep, settledBy, uncertain, requestedById, approvedById } = row
  const expiresAtMs = row.expiresAt.getTime()
  return { state, gatewayStep, settledBy, uncertain, requestedById, approvedById, expiresAtMs }
}
