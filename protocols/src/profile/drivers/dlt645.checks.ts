/** What a profile for driver `dlt645` must obey beyond its shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { parseDecimal } from '../../decimal/index.ts'
import { findIdentifier } from '../../dlt645/identifiers.ts'
import type { DeviceProfile, ProfilePoint } from '../profile.schema.ts'
import type { Dlt645Value } from './dlt645.section.ts'

const commandKinds = ['relay', 'clock', 'write']

export function checkDlt645(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'dlt645') return []
  const edition = profile.dlt645?.edition
  if (edition === undefined) return [{ path: 'dlt645', reason: 'missing for driver dlt645' }]
  if (profile.points.length === 0) return [{ path: 'points', reason: 'a meter has something to read' }]
  const first = new Map<string, number>()
  const issues = profile.points.flatMap((point, index) => {
    const refuse = (path: string, reason: string) => ({ path: `points[${index}].${path}`, reason })
    const source = point.dlt645
    if (!source) return [refuse('dlt645', 'missing for driver dlt645')]
    const place = `${source.di} byte ${source.offset} bit ${source.shift ?? 0}`
    const earlier = first.get(place)
    first.set(place, index)
    return [
      ...(earlier === undefined ? [] : [refuse('dlt645.di', `${place} is also that of points[${earlier}]`)]),
      ...checkValue(source, edition).map(([path, reason]) => refuse(`dlt645.${path}`, reason)),
      ...checkScale(point, source).map((reason) => refuse('scale', reason)),
    ]
  })
  return [...issues, ...checkCommands(profile)]
}

type Fault = readonly [path: string, reason: string]

function checkValue(source: Dlt645Value, edition: '2007' | '1997'): Fault[] {
  const faults: Fault[] = []
  const digits = edition === '2007' ? 8 : 4
  if (source.di.length !== digits) faults.push(['di', `edition ${edition} has ${digits} digits`])
  if (parseDecimal(source.factor).units === 0n) faults.push(['factor', 'must not be 0'])
  const isBits = source.form === 'bits'
  if (isBits && (source.shift ?? 0) + (source.width ?? 1) > source.length * 8)
    faults.push(['width', 'the field runs beyond its bytes'])
  if (isBits && (source.signed || source.places > 0)) faults.push(['form', 'bits have no sign and no places'])
  if (!isBits && (source.shift !== undefined || source.width !== undefined))
    faults.push(['shift', 'shift and width belong to form bits'])
  return [...faults, ...checkAgainstStandard(source)]
}

/** An identifier of the standard is written as the standard says; one of a manufacturer's own is not known here. */
function checkAgainstStandard(source: Dlt645Value): Fault[] {
  const known = findIdentifier(source.di)
  if (!known || known.form === 'time') return []
  if (known.form === 'bits') return source.form === 'bits' ? [] : [['form', 'is a status word: bits']]
  const same =
    source.form === 'bcd' &&
    known.length === source.length &&
    known.places === source.places &&
    known.signed === source.signed
  const sign = known.signed ? ', signed' : ''
  if (!same) return [['length', `the standard: ${known.length} bytes, ${known.places} places${sign}`]]
  const isBlock = known.form === 'block'
  return !isBlock && source.offset > 0 ? [['offset', 'has one value only']] : []
}

/** A point keeps what the wire carries: fewer places lose, more places pretend. */
function checkScale(point: ProfilePoint, source: Dlt645Value): string[] {
  if (source.form === 'bits') return point.scale === 0 ? [] : ['bits are an integer']
  const factor = parseDecimal(source.factor)
  const zeros = /0*$/.exec(String(factor.units))![0].length
  const places = Math.max(0, source.places + factor.places - zeros)
  return point.scale === places ? [] : [`the wire carries ${places} places`]
}

function checkCommands(profile: DeviceProfile): InputIssue[] {
  return profile.commands.flatMap((command, index) => {
    const refuse = (path: string, reason: string) => ({ path: `commands[${index}].${path}`, reason })
    if (!commandKinds.includes(command.kind)) return [refuse('kind', `dlt645 has no ${command.kind}`)]
    if (profile.dlt645?.edition === '1997' && command.kind !== 'clock')
      return [refuse('kind', 'edition 1997: only the clock')]
    return checkReadBack(profile, index)
  })
}

/** The point that is read back is there, and each action leads to a value. */
export function checkReadBack(profile: DeviceProfile, index: number): InputIssue[] {
  const { kind, readBack } = profile.commands[index]!
  if (!readBack) return []
  const path = `commands[${index}].readBack`
  if (!profile.points.some(({ key }) => key === readBack.point)) return [{ path: `${path}.point`, reason: `no point ${readBack.point}` }] // prettier-ignore
  if (kind !== 'relay' && kind !== 'valve') return [{ path, reason: `${kind} is not read back from a point` }]
  const values = readBack.values ?? {}
  return ['open', 'close']
    .filter((action) => !/^\d+$/.test(values[action] ?? ''))
    .map((action) => ({ path: `${path}.values`, reason: `no value for ${action}` }))
}
