/** What a profile must obey beyond the shape that its schema checks. Pure. */
import type { InputIssue } from '../contract/app-error.ts'
import { parseDecimal } from '../decimal/index.ts'
import { registerWidth, valueForm } from '../modbus/value-type.ts'
import { checkBacnet } from './drivers/bacnet.checks.ts'
import { checkCjt188 } from './drivers/cjt188.checks.ts'
import { checkDlt645 } from './drivers/dlt645.checks.ts'
import { checkModbusCommands } from './drivers/modbus.checks.ts'
import type { ModbusRegister } from './drivers/modbus.section.ts'
import { checkSnmp } from './drivers/snmp.checks.ts'
import { checkHikvision } from './drivers/hikvision.checks.ts'
import { checkMqtt } from './drivers/mqtt.checks.ts'
import { checkOpcua } from './drivers/opcua.checks.ts'
import { checkZkteco } from './drivers/zkteco.checks.ts'
import type { DeviceProfile, ProfilePoint } from './profile.schema.ts'

/** Every fault of one profile; empty when there is none. */
export function checkProfile(profile: DeviceProfile): InputIssue[] {
  return [
    ...(profile.driver === 'modbus' && !profile.modbus
      ? [{ path: 'modbus', reason: 'missing for driver modbus' }]
      : []),
    ...checkModbusCommands(profile),
    ...checkHikvision(profile),
    ...checkMqtt(profile),
    ...checkOpcua(profile),
    ...checkZkteco(profile),
    ...checkBacnet(profile),
    ...checkSnmp(profile),
    ...duplicates(profile.points, (point) => point.key, 'key'),
    ...duplicates(profile.points, place, 'modbus.address'),
    ...overlaps(profile.points),
    ...checkDlt645(profile),
    ...checkCjt188(profile),
    ...profile.points.flatMap((point, index) =>
      checkPoint(profile, point).map((issue) => ({ ...issue, path: `points[${index}].${issue.path}` })),
    ),
    ...Object.keys(profile.groups)
      .filter((group) => !profile.points.some((point) => point.group === group))
      .map((group) => ({ path: `groups.${group}`, reason: 'no point belongs to it' })),
  ]
}

function place(point: ProfilePoint): string | undefined {
  const register = point.modbus
  if (!register) return undefined
  const bit = register.type === 'bits' ? `.${register.shift ?? 0}` : ''
  return `function ${register.function} address ${register.address}${bit}`
}

function duplicates(
  points: readonly ProfilePoint[],
  identity: (point: ProfilePoint) => string | undefined,
  field: string,
): InputIssue[] {
  const first = new Map<string, number>()
  return points.flatMap((point, index) => {
    const id = identity(point)
    if (id === undefined) return []
    const earlier = first.get(id)
    if (earlier === undefined) first.set(id, index)
    return earlier === undefined
      ? []
      : [{ path: `points[${index}].${field}`, reason: `${id} is also that of points[${earlier}]` }]
  })
}

/** Two values that share a register: always a slip of the pen, except fields of bits. */
function overlaps(points: readonly ProfilePoint[]): InputIssue[] {
  const spans = points
    .flatMap((point, index) =>
      point.modbus && point.modbus.type !== 'bits' ? [{ index, register: point.modbus }] : [],
    )
    .sort((a, b) => a.register.function - b.register.function || a.register.address - b.register.address)
  return spans.flatMap((span, i) => {
    const before = spans[i - 1]
    if (before?.register.function !== span.register.function) return []
    const distance = span.register.address - before.register.address
    if (distance === 0 || distance >= registerWidth(before.register.type)) return []
    return [{ path: `points[${span.index}].modbus.address`, reason: `overlaps points[${before.index}]` }]
  })
}

function checkPoint(profile: DeviceProfile, point: ProfilePoint): InputIssue[] {
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path, reason })
  if (!profile.groups[point.group]) refuse('group', `no group ${point.group}`)
  if (profile.driver === 'modbus' && !point.modbus) refuse('modbus', 'missing for driver modbus')
  if (point.kind === 'register' && point.unit === '') refuse('unit', 'a register has a unit')
  if (point.kind === 'state' && point.scale !== 0) refuse('scale', 'a state is an integer')
  if (point.kind !== 'register' && point.digits !== undefined) refuse('digits', 'only a register rolls over')
  if (point.kind !== 'register' && point.jitter !== undefined) refuse('jitter', 'only a register has jitter')
  if (point.jitter !== undefined && !/^\d+(\.\d+)?$/.test(point.jitter)) refuse('jitter', 'not a decimal')
  if (point.range && !rises(point.range)) refuse('range', 'not two decimals, the lower first')
  if (point.modbus) issues.push(...checkRegister(profile, point.modbus))
  return issues
}

function rises([low, high]: readonly [string, string]): boolean {
  const isDecimal = (text: string) => /^-?\d+(\.\d+)?$/.test(text)
  return isDecimal(low) && isDecimal(high) && Number(low) < Number(high)
}

function checkRegister(profile: DeviceProfile, register: ModbusRegister): InputIssue[] {
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path: `modbus.${path}`, reason })
  const width = registerWidth(register.type)
  const hexDigits = valueForm(register.type).bitCount / 4
  if (width > (profile.modbus?.maxRegisters ?? 125))
    refuse('type', `takes more registers than one request may read`)
  if (register.address + width > 0x10000) refuse('address', 'runs beyond 65535')
  if (parseDecimal(register.factor).units === 0n) refuse('factor', 'must not be 0')
  if (register.function <= 2 && register.type !== 'bits') refuse('type', 'functions 1 and 2 read bits')
  if (register.type !== 'bits' && (register.shift !== undefined || register.width !== undefined)) {
    refuse('shift', 'shift and width belong to type bits')
  }
  if ((register.shift ?? 0) + (register.width ?? 1) > (register.function <= 2 ? 1 : 16)) {
    refuse('width', 'the field runs beyond its register')
  }
  if (register.invalid.some((hex) => hex.length !== hexDigits))
    refuse('invalid', `needs ${hexDigits} hexadecimal digits`)
  return issues
}
