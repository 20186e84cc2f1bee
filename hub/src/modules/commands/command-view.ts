/** Commands as people see them. */
import type { CommandTarget, DeviceCommandView } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import type { CommandRow, StepRow } from './command.types.ts'
import { stepsOf, type CommandDevice } from './commands.repository.ts'
import { mayApprove, mayCommand, ownsOrMay } from './commands.service.ts'
import { entriesOf, shortened, withoutPins } from './domain/content.ts'

/** Lists show this many people or plates of a command; the command itself shows all. */
const SHOWN_IN_LISTS = 20

export interface Reader {
  readonly user: CurrentUser
  readonly say: (reason: Reason) => string
}

export async function viewOf(hub: Hub, reader: Reader, row: CommandRow): Promise<DeviceCommandView> {
  const [view] = await viewsOf(hub, reader, [row], Infinity)
  return view!
}

/** One query for the steps of all of them. */
export async function viewsOf(
  hub: Hub,
  reader: Reader,
  rows: readonly CommandRow[],
  entriesShown = SHOWN_IN_LISTS,
): Promise<DeviceCommandView[]> {
  const steps = await stepsOf(
    hub.db.pool,
    rows.map(({ id }) => id),
  )
  const byCommand = Map.groupBy(steps, ({ commandId }) => commandId)
  const nowMs = hub.clock.now().getTime()
  return rows.map((row) => toView(row, byCommand.get(row.id) ?? [], reader, nowMs, entriesShown))
}

function toView(
  row: CommandRow,
  steps: readonly StepRow[],
  { user, say }: Reader,
  nowMs: number,
  entriesShown: number,
): DeviceCommandView {
  const { id, projectId, gatewayId, gatewayName, deviceId, deviceName, target, state, uncertain, reason } =
    row
  const { requestedBy, approvedBy } = row
  const words = (one: Pick<StepRow, 'message' | 'outcome'>) => (one.outcome ? say(one.outcome) : one.message)
  const open = nowMs < row.expiresAt.getTime()
  return {
    ...{ id, projectId, gatewayId, gatewayName, deviceId, deviceName, target, state, uncertain, reason },
    targetLabel: { zh: row.targetLabelZh, en: row.targetLabelEn },
    body: shortened(withoutPins(row.body), entriesShown),
    entries: entriesOf(row.body),
    message: words(row),
    requestedBy,
    requestedAt: row.requestedAt.toISOString(),
    approvedBy,
    approvedAt: row.approvedAt?.toISOString() ?? null,
    sentAt: row.sentAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt.toISOString(),
    steps: steps.map((step) => ({
      at: step.at.toISOString(),
      state: step.state,
      by: step.by,
      message: words(step),
    })),
    mayApprove:
      open && state === 'awaitingApproval' && row.requestedById !== user.id && mayApprove(user, projectId),
    mayCancel: (state === 'awaitingApproval' || state === 'queued') && ownsOrMay(user, row),
  }
}

/** What a device can be told to do; nothing when nobody would hear it. */
export function targetsOf(device: CommandDevice, user: CurrentUser): CommandTarget[] {
  const { commands, removed, revoked, projectId } = device
  if (removed || revoked) return []
  return commands.map((command) => ({ ...command, allowed: mayCommand(user, command.kind, projectId) }))
}
