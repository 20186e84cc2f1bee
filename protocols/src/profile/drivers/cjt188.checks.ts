/** What a profile for driver `cjt188` must obey beyond its shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { isTargetUnit } from '../../cjt188/units.ts'
import type { DeviceProfile, ProfilePoint } from '../profile.schema.ts'
import type { Cjt188Value } from './cjt188.section.ts'
import { checkReadBack } from './dlt645.checks.ts'

const commandKinds = ['valve', 'clock', 'write']

export function checkCjt188(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'cjt188') return []
  if (!profile.cjt188) return [{ path: 'cjt188', reason: 'missing for driver cjt188' }]
  if (profile.points.length === 0) return [{ path: 'points', reason: 'a meter has something to read' }]
  const first = new Map<string, number>()
  const issues = profile.points.flatMap((point, index) => {
    const refuse = (path: string, reason: string) => ({ path: `points[${index}].${path}`, reason })
    const source = point.cjt188
    if (!source) return [refuse('cjt188', 'missing for driver cjt188')]
    const place = `${source.di} byte ${source.offset} bit ${source.shift ?? 0}`
    const earlier = first.get(place)
    first.set(place, index)
    return [
      ...(earlier === undefined
        ? []
        : [refuse('cjt188.offset', `${place} is also that of points[${earlier}]`)]),
      ...checkValue(point, source).map(([path, reason]) => refuse(path, reason)),
    ]
  })
  const commands = profile.commands.flatMap((command, index) =>
    commandKinds.includes(command.kind)
      ? checkReadBack(profile, index)
      : [{ path: `commands[${index}].kind`, reason: `cjt188 has no ${command.kind}` }],
  )
  return [...issues, ...commands]
}

type Fault = readonly [path: string, reason: string]

function checkValue(point: ProfilePoint, source: Cjt188Value): Fault[] {
  const faults: Fault[] = []
  const isBits = source.form === 'bits'
  if (isBits && (source.shift ?? 0) + (source.width ?? 1) > source.length * 8)
    faults.push(['cjt188.width', 'the field runs beyond its bytes'])
  if (isBits && (source.places > 0 || source.unitByte))
    faults.push(['cjt188.form', 'bits have no places and no unit'])
  if (!isBits && (source.shift !== undefined || source.width !== undefined))
    faults.push(['cjt188.shift', 'shift and width belong to form bits'])
  if (source.unitByte && !isTargetUnit(point.unit)) faults.push(['unit', 'no unit byte means this'])
  if (source.unitFirst && (!source.unitByte || source.offset === 0))
    faults.push(['cjt188.unitFirst', 'there is no byte before the value for a unit'])
  if (!source.unitByte && point.scale !== source.places)
    faults.push(['scale', `the wire carries ${source.places} places`])
  return faults
}
