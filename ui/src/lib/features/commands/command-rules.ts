/** What the console itself has to know about commands; the hub decides. */
import type { CommandBody, CommandTarget, DeviceCommandView } from '@courtyard/protocols/contract'
import { subtractDecimals } from '#lib/format/decimal.ts'

export type CommandState = DeviceCommandView['state']
export type CommandKind = CommandBody['kind']

/** True for what leaves people without power or water: a second person approves it. As the contract's `cutsOff`. */
export function cutsPeopleOff(body: CommandBody): boolean {
  return (
    (body.kind === 'relay' && body.action === 'open') || (body.kind === 'valve' && body.action === 'close')
  )
}

export const finalStates: readonly CommandState[] = [
  'acknowledged',
  'confirmed',
  'failed',
  'expired',
  'rejected',
  'cancelled',
]
export const isFinal = (state: CommandState): boolean => finalStates.includes(state)

/** Permission that a kind needs. */
export const permissionOf = (kind: CommandKind): `commands.${CommandKind}` => `commands.${kind}`

/** Why a setpoint would be refused; null when it is fine. */
export function setpointFault(
  value: string,
  target: Pick<CommandTarget, 'scale' | 'range'>,
): 'number' | 'decimals' | 'range' | null {
  if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(value)) return 'number'
  if (target.scale !== undefined && !fitsScale(value, target.scale)) return 'decimals'
  const [low, high] = target.range ?? []
  if (low !== undefined && isBelow(value, low)) return 'range'
  if (high !== undefined && isBelow(high, value)) return 'range'
  return null
}

const isBelow = (a: string, b: string): boolean => /^-.*[1-9]/.test(subtractDecimals(a, b))
/** Whether a value has no more decimals than the device keeps; zeros at the end do not count. */
function fitsScale(text: string, scale: number): boolean {
  const decimals = (text.split('.')[1] ?? '').replace(/0+$/, '')
  return decimals.length <= scale
}

/** The stations of a command as people follow them; where it stands and how it ended. */
export function trackOf(command: Pick<DeviceCommandView, 'state' | 'steps' | 'sentAt' | 'approvedBy'>): {
  readonly state: CommandState
  readonly reached: boolean
}[] {
  const asked =
    command.state === 'awaitingApproval' || command.steps.some((step) => step.state === 'awaitingApproval')
  const way: CommandState[] = [
    ...(asked ? (['awaitingApproval'] as const) : []),
    'queued',
    'sent',
    'confirmed',
  ]
  const seen = new Set([...command.steps.map((step) => step.state), command.state])
  if (!isFinal(command.state)) return way.map((state) => ({ state, reached: seen.has(state) }))
  const end = command.state
  const passed = way
    .slice(0, -1)
    .filter((state) => seen.has(state) || end === 'confirmed' || end === 'acknowledged')
  return [...passed, end].map((state) => ({ state, reached: true }))
}
