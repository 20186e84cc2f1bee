/** What the commands of a profile for driver `modbus` must obey beyond their shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { parseDecimal } from '../../decimal/index.ts'
import { registerWidth } from '../../modbus/value-type.ts'
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'
import type { ModbusWrite } from './modbus.section.ts'

/** Kinds with an action, which writes one of the command's raw numbers. */
const ACTIONS: Partial<Record<ProfileCommand['kind'], readonly string[]>> = {
  relay: ['open', 'close'],
  valve: ['open', 'close'],
  door: ['open', 'close', 'holdOpen'],
  barrier: ['open', 'close', 'stop'],
}

export function checkModbusCommands(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'modbus') return []
  return profile.commands.flatMap((command, index) => [
    ...[...checkWrite(command), ...checkReadBack(profile, command)].map(([path, reason]) => ({
      ...{ path: `commands[${index}].${path}`, reason },
    })),
  ])
}

type Fault = readonly [path: string, reason: string]

function checkWrite({ kind, modbus }: ProfileCommand): Fault[] {
  if (kind === 'write') return modbus ? [['modbus', 'a free write brings its own address']] : []
  const actions = ACTIONS[kind]
  if (!actions && kind !== 'setpoint') return [['kind', `modbus has no ${kind}`]]
  if (!modbus) return [['modbus', 'missing for driver modbus']]
  return actions ? checkActions(modbus, actions) : checkSetpoint(modbus)
}

function checkActions({ function: fn, values = {}, type }: ModbusWrite, actions: readonly string[]): Fault[] {
  const faults: Fault[] = []
  const isCoil = fn === 5 || fn === 15
  if (Object.keys(values).length === 0) faults.push(['modbus.values', 'no action has a number'])
  for (const [action, raw] of Object.entries(values)) {
    if (!actions.includes(action)) faults.push([`modbus.values.${action}`, 'no such action'])
    if (isCoil && raw > 1) faults.push([`modbus.values.${action}`, 'a coil is 0 or 1'])
  }
  if (type !== undefined) faults.push(['modbus.type', 'actions write their numbers as they are'])
  return faults
}

function checkSetpoint({ function: fn, type, values, factor, address }: ModbusWrite): Fault[] {
  const faults: Fault[] = []
  if (fn === 5 || fn === 15) faults.push(['modbus.function', 'a coil holds no setpoint'])
  if (values) faults.push(['modbus.values', 'a setpoint writes its own value'])
  if (!type || type === 'bits') return [...faults, ['modbus.type', 'a setpoint needs a form of number']]
  if (fn === 6 && registerWidth(type) > 1) faults.push(['modbus.function', 'function 6 writes one register'])
  if (address + registerWidth(type) > 0x10000) faults.push(['modbus.address', 'runs beyond 65535'])
  if (parseDecimal(factor).units === 0n) faults.push(['modbus.factor', 'must not be 0'])
  return faults
}

/** Each action that is written leads to a value of a point that is there; a setpoint leads to its own. */
function checkReadBack(profile: DeviceProfile, { kind, modbus, readBack }: ProfileCommand): Fault[] {
  if (!readBack) return []
  const point = profile.points.find(({ key }) => key === readBack.point)
  if (!point) return [['readBack.point', `no point ${readBack.point}`]]
  if (kind === 'write') return [['readBack', 'a free write reads its own registers back']]
  if (kind === 'setpoint')
    return readBack.values ? [['readBack.values', 'a setpoint leads to its own value']] : []
  return Object.keys(modbus?.values ?? {})
    .filter((action) => !/^-?\d+(\.\d+)?$/.test(readBack.values?.[action] ?? ''))
    .map((action) => [`readBack.values.${action}`, 'no value that it leads to'])
}
