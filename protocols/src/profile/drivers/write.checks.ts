/** Rules of commands that write a number, the same for every driver of such devices. Pure. */
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'

export type Fault = readonly [path: string, reason: string]

/** Kinds with an action, which writes one of the command's numbers. */
const ACTIONS: Partial<Record<ProfileCommand['kind'], readonly string[]>> = {
  relay: ['open', 'close'],
  valve: ['open', 'close'],
  door: ['open', 'close', 'holdOpen'],
  barrier: ['open', 'close', 'stop'],
}

export function actionsOf(kind: ProfileCommand['kind']): readonly string[] | undefined {
  return ACTIONS[kind]
}

/** These drivers read back the very variable that they write: `readBack` gives the time only. */
export function readBackFaults({ points }: DeviceProfile, { readBack }: ProfileCommand): Fault[] {
  if (!readBack) return []
  return points.some(({ key }) => key === readBack.point)
    ? []
    : [['readBack.point', `no point ${readBack.point}`]]
}
