/** What a profile for driver `snmp` must obey beyond its shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { parseDecimal } from '../../decimal/index.ts'
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'
import { actionsOf, readBackFaults, type Fault } from './write.checks.ts'

export function checkSnmp(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'snmp') return []
  if (!profile.snmp) return [{ path: 'snmp', reason: 'missing for driver snmp' }]
  if (profile.points.length === 0) return [{ path: 'points', reason: 'a device has something to read' }]
  const first = new Map<string, number>()
  const points = profile.points.flatMap((point, index) => {
    const refuse = (path: string, reason: string) => ({ path: `points[${index}].${path}`, reason })
    const source = point.snmp
    if (!source) return [refuse('snmp', 'missing for driver snmp')]
    const earlier = first.get(source.oid)
    first.set(source.oid, index)
    return [
      ...(earlier === undefined
        ? []
        : [refuse('snmp.oid', `${source.oid} is also that of points[${earlier}]`)]),
      ...(parseDecimal(source.factor).units === 0n ? [refuse('snmp.factor', 'must not be 0')] : []),
    ]
  })
  const commands = profile.commands.flatMap((command, index) =>
    [...commandFaults(command), ...readBackFaults(profile, command)].map(([path, reason]) => ({
      path: `commands[${index}].${path}`,
      reason,
    })),
  )
  return [...points, ...commands, ...trapFaults(profile.snmp.traps)]
}

/** One notification is one alarm: the driver takes the first that fits. */
function trapFaults(traps: NonNullable<DeviceProfile['snmp']>['traps']): InputIssue[] {
  return traps.flatMap(({ oid }, index) =>
    traps.findIndex((trap) => trap.oid === oid) === index
      ? []
      : [{ path: `snmp.traps[${index}].oid`, reason: 'is there twice' }],
  )
}

function commandFaults({ kind, snmp }: ProfileCommand): Fault[] {
  if (kind === 'write') return snmp ? [['snmp', 'a free write brings its own variable']] : []
  const actions = actionsOf(kind)
  if (!actions && kind !== 'setpoint') return [['kind', `snmp has no ${kind}`]]
  if (!snmp) return [['snmp', 'missing for driver snmp']]
  const faults: Fault[] = []
  if (parseDecimal(snmp.factor).units === 0n) faults.push(['snmp.factor', 'must not be 0'])
  if (!actions) return snmp.values ? [...faults, ['snmp.values', 'a setpoint writes its own value']] : faults
  const named = Object.keys(snmp.values ?? {})
  if (named.length === 0) faults.push(['snmp.values', 'no action has a number'])
  return [
    ...faults,
    ...named
      .filter((action) => !actions.includes(action))
      .map((action): Fault => [`snmp.values.${action}`, 'no such action']),
  ]
}
