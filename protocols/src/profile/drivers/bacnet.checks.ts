/** What a profile for driver `bacnet` must obey beyond its shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { parseDecimal } from '../../decimal/index.ts'
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'
import { actionsOf, readBackFaults, type Fault } from './write.checks.ts'

const PRESENT_VALUE = 85
const WRITABLE = ['analogOutput', 'analogValue', 'binaryOutput', 'binaryValue', 'multiStateOutput', 'multiStateValue'] // prettier-ignore

export function checkBacnet(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'bacnet') return []
  if (!profile.bacnet) return [{ path: 'bacnet', reason: 'missing for driver bacnet' }]
  if (profile.points.length === 0) return [{ path: 'points', reason: 'a device has something to read' }]
  const first = new Map<string, number>()
  const points = profile.points.flatMap((point, index) => {
    const refuse = (path: string, reason: string) => ({ path: `points[${index}].${path}`, reason })
    const source = point.bacnet
    if (!source) return [refuse('bacnet', 'missing for driver bacnet')]
    const place = `${source.object} ${source.instance} property ${source.property}`
    const earlier = first.get(place)
    first.set(place, index)
    return [
      ...(earlier === undefined
        ? []
        : [refuse('bacnet.instance', `${place} is also that of points[${earlier}]`)]),
      ...(parseDecimal(source.factor).units === 0n ? [refuse('bacnet.factor', 'must not be 0')] : []),
      ...(source.object === 'device' && source.property === PRESENT_VALUE
        ? [refuse('bacnet.property', 'a device has no present value')]
        : []),
    ]
  })
  const commands = profile.commands.flatMap((command, index) =>
    [...commandFaults(command), ...readBackFaults(profile, command)].map(([path, reason]) => ({
      path: `commands[${index}].${path}`,
      reason,
    })),
  )
  return [...points, ...commands]
}

function commandFaults({ kind, bacnet }: ProfileCommand): Fault[] {
  if (kind === 'write') return bacnet ? [['bacnet', 'a free write brings its own object']] : []
  const actions = actionsOf(kind)
  if (!actions && kind !== 'setpoint') return [['kind', `bacnet has no ${kind}`]]
  if (!bacnet) return [['bacnet', 'missing for driver bacnet']]
  const faults: Fault[] = []
  if (!WRITABLE.includes(bacnet.object)) faults.push(['bacnet.object', 'is not written'])
  if (!actions && bacnet.values) faults.push(['bacnet.values', 'a setpoint writes its own value'])
  if (!actions) return faults
  const values = Object.entries(bacnet.values ?? {})
  if (values.length === 0) faults.push(['bacnet.values', 'no action has a number'])
  for (const [action, value] of values) {
    if (!actions.includes(action)) faults.push([`bacnet.values.${action}`, 'no such action'])
    if (bacnet.object.startsWith('binary') && value !== 0 && value !== 1) faults.push([`bacnet.values.${action}`, 'a binary object is 0 or 1']) // prettier-ignore
    if (bacnet.object.startsWith('multiState') && !(Number.isInteger(value) && value >= 1)) faults.push([`bacnet.values.${action}`, 'states begin at 1']) // prettier-ignore
  }
  return faults
}
