/** Everything that takes bytes from a wire or a message from a broker, as targets for fuzzing. */
import { busTargets } from './bus.targets.ts'
import { deviceTargets } from './device.targets.ts'
import type { FuzzTarget } from './fuzz-run.ts'
import { hubTargets } from './hub.targets.ts'

export function allTargets(): FuzzTarget[] {
  return [...busTargets(), ...deviceTargets(), ...hubTargets()]
}
